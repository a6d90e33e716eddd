// JSON Schema of the messages in their protobuf JSON mapping, from the descriptor.
import protobuf from 'protobufjs';
import { root } from './message.ts';

type Schema = Record<string, unknown>;

/** Schemas of the named messages and of all they refer to, by name. */
export function jsonSchemaOf(names: readonly string[]): Record<string, Schema> {
  const schemas: Record<string, Schema> = {};
  const add = (name: string) => {
    if (schemas[name]) return;
    const item = root.lookup(`assay.v1.${name}`);
    if (item instanceof protobuf.Enum) schemas[name] = { type: 'string', enum: Object.keys(item.values) };
    if (!(item instanceof protobuf.Type)) return;
    schemas[name] = { type: 'object', additionalProperties: false, properties: {} };
    schemas[name]['properties'] = Object.fromEntries(
      item.fieldsArray.map((field) => [field.name, property(field, add)]),
    );
  };
  for (const name of names) add(name);
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b)));
}

function property(field: protobuf.Field, add: (name: string) => void): Schema {
  const single = schemaOf(field, add);
  if (field instanceof protobuf.MapField) return { type: 'object', additionalProperties: single };
  return field.repeated ? { type: 'array', items: single } : single;
}

function schemaOf(field: protobuf.Field, add: (name: string) => void): Schema {
  if (field.resolvedType) {
    add(field.resolvedType.name);
    return { $ref: `#/components/schemas/${field.resolvedType.name}` };
  }
  if (field.type === 'bytes') return { type: 'string', contentEncoding: 'base64' };
  if (field.type === 'string') return { type: 'string' };
  if (field.type === 'bool') return { type: 'boolean' };
  return { type: field.type === 'double' || field.type === 'float' ? 'number' : 'integer' };
}

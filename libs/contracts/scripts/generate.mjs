// Turns proto/assay/v1/*.proto into libs/contracts/generated/: the descriptor that protobufjs works from, and total
// TypeScript types (protobufjs's own are nullable throughout). Runs on install; plain JavaScript, for Node 20 too.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../..');
const protoDir = join(root, 'proto');
const outDir = join(root, 'libs/contracts/generated');

const scalars = {
  double: 'number',
  float: 'number',
  int32: 'number',
  uint32: 'number',
  sint32: 'number',
  int64: 'number',
  uint64: 'number',
  bool: 'boolean',
  string: 'string',
  bytes: 'Uint8Array',
};

const parsed = new protobuf.Root();
parsed.resolvePath = (_origin, target) => join(protoDir, target);
parsed.loadSync(
  readdirSync(join(protoDir, 'assay/v1'))
    .sort()
    .map((file) => `assay/v1/${file}`),
  { keepCase: false },
);
parsed.resolveAll();
const namespace = parsed.lookup('assay.v1');

mkdirSync(outDir, { recursive: true });
writeFileSync(join(outDir, 'descriptor.json'), JSON.stringify(parsed.toJSON()));
writeFileSync(
  join(outDir, 'messages.ts'),
  [
    '// Generated from proto/assay/v1 by libs/contracts/scripts/generate.mjs.',
    ...namespace.nestedArray.map((item) => (item instanceof protobuf.Enum ? enumType(item) : messageType(item))),
    `export interface Messages {\n${namespace.nestedArray
      .filter((item) => item instanceof protobuf.Type)
      .map((item) => `  ${item.name}: ${item.name};`)
      .join('\n')}\n}`,
    '',
  ].join('\n\n'),
);

function enumType(item) {
  const prefix = `${item.name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}_`;
  const names = Object.entries(item.values).map(([name, value]) => `  ${name.replace(prefix, '')}: ${value},`);
  return `export const ${item.name} = {\n${names.join('\n')}\n} as const;\nexport type ${item.name} = (typeof ${item.name})[keyof typeof ${item.name}];`;
}

function messageType(type) {
  return `export interface ${type.name} {\n${type.fieldsArray.map((field) => `  ${property(field)};`).join('\n')}\n}`;
}

function property(field) {
  const single = scalars[field.type] ?? field.resolvedType.name;
  if (field.map) return `${field.name}: Record<string, ${single}>`;
  if (field.repeated) return `${field.name}: ${single}[]`;
  const isOptional = field.partOf || field.resolvedType instanceof protobuf.Type;
  return `${field.name}${isOptional ? '?' : ''}: ${single}${isOptional ? ' | undefined' : ''}`;
}

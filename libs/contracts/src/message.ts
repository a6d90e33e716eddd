// Messages on the wire: encode, decode and the protobuf JSON mapping, by the generated descriptor.
// Decoded messages are plain and total: every scalar, list and map is there; sub-messages may be undefined.
import { createRequire } from 'node:module';
import protobuf from 'protobufjs';
import type { Messages } from '../generated/messages.ts';

const descriptor = createRequire(import.meta.url)('../generated/descriptor.json') as protobuf.INamespace;

/** What may be left out when a message is made: everything; absent fields get protobuf's defaults. */
export type Draft<T> = { [K in keyof T]?: DraftOf<T[K]> | undefined };
type DraftOf<V> = V extends Uint8Array
  ? V
  : V extends readonly (infer Item)[]
    ? DraftOf<Item>[]
    : V extends object
      ? Draft<V>
      : V;

export interface MessageType<T> {
  /** Name in package assay.v1, e.g. "FindingBatch". */
  readonly name: string;
  encode(message: Draft<T>): Uint8Array;
  /** Throws an Error when the bytes are not such a message. */
  decode(bytes: Uint8Array): T;
  /**
   * The same, for reading members only, in half the time: what is absent is inherited, and an absent sub-message may be
   * null. Never spread, compare, change or print what this gives.
   */
  read(bytes: Uint8Array): Readonly<T>;
  /** A total message from a draft. */
  create(draft: Draft<T>): T;
  /** Protobuf JSON mapping: enums by name, bytes as base64, defaults left out. */
  toJson(message: Draft<T>): Record<string, unknown>;
  /** Throws an Error that names the field when the value does not fit; unknown fields are errors too. */
  fromJson(json: unknown): T;
}

const total: protobuf.IConversionOptions = { defaults: true, arrays: true, objects: true, longs: Number };

export const root = protobuf.Root.fromJSON(descriptor);
root.resolveAll();

export function messageType<N extends keyof Messages>(name: N): MessageType<Messages[N]> {
  return typeOf<Messages[N]>(root.lookupType(`assay.v1.${name}`));
}

/** For types derived at run time (the lazy batch); everything else uses `messageType`. */
export function typeOf<T>(type: protobuf.Type): MessageType<T> {
  const toTotal = (message: object): T => withoutNulls(type.toObject(message as protobuf.Message, total)) as T;
  return {
    name: type.name,
    encode: (message) => encodeWith(type, message as Record<string, unknown>),
    decode: (bytes) => toTotal(type.decode(bytes)),
    read: (bytes) => type.decode(bytes) as unknown as T,
    create: (draft) => toTotal(draft),
    toJson: (message) => type.toObject(message as protobuf.Message, { enums: String, bytes: String, longs: Number }),
    fromJson: (json) => {
      checkJson(type, json, type.name);
      return toTotal(type.fromObject(json as Record<string, unknown>));
    },
  };
}

/** A writer whose buffer has grown already: a new one for each finding costs twice what encoding it does. */
let spareWriter: protobuf.Writer | undefined;
/** What has written more than this is not kept. Bytes. */
const maxSpareBytes = 64 * 1024;

function encodeWith(type: protobuf.Type, message: Record<string, unknown>): Uint8Array {
  // Taken, so that nobody else has it while it writes, and not given back when it fails.
  const writer = spareWriter ?? protobuf.Writer.create();
  spareWriter = undefined;
  const bytes = type.encode(message, writer).finish();
  if (bytes.length <= maxSpareBytes) spareWriter = writer.reset();
  return bytes;
}

// protobufjs sets absent sub-messages to null when defaults are asked for; our types say undefined.
function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  for (const key in value) {
    const member = value[key];
    if (member === null) delete value[key];
    else if (Array.isArray(member)) {
      if (typeof member[0] === 'object')
        for (const item of member) if (!(item instanceof Uint8Array)) withoutNulls(item);
    } else if (typeof member === 'object' && !(member instanceof Uint8Array)) {
      withoutNulls(member as Record<string, unknown>);
    }
  }
  return value;
}

// protobufjs converts leniently (Number("x") is NaN, unknown names vanish); a sender should hear of a mistake instead.
function checkJson(type: protobuf.Type, json: unknown, where: string): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${where} must be an object`);
  for (const [name, value] of Object.entries(json)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (!field) throw new Error(`${where} has no field "${name}"; it knows ${Object.keys(type.fields).join(', ')}`);
    if (value === null || value === undefined) continue;
    if (field.map) {
      if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${where}.${name} must be an object`);
      for (const [key, item] of Object.entries(value)) checkValue(field, item, `${where}.${name}.${key}`);
    } else if (field.repeated) {
      if (!Array.isArray(value)) throw new Error(`${where}.${name} must be an array`);
      value.forEach((item, index) => {
        checkValue(field, item, `${where}.${name}[${index}]`);
      });
    } else checkValue(field, value, `${where}.${name}`);
  }
}

function checkValue(field: protobuf.Field, value: unknown, where: string): void {
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Type) {
    checkJson(resolved, value, where);
    return;
  }
  if (resolved instanceof protobuf.Enum) {
    const known =
      typeof value === 'string' ? value in resolved.values : typeof value === 'number' && value in resolved.valuesById;
    if (!known) throw new Error(`${where} must be one of ${Object.keys(resolved.values).join(', ')}`);
    return;
  }
  if (
    field.type === 'bytes'
      ? typeof value === 'string' || value instanceof Uint8Array
      : typeof value === jsonType(field.type)
  )
    return;
  // 64-bit numbers are strings in the JSON mapping.
  if (field.type.endsWith('64') && typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return;
  throw new Error(`${where} must be ${field.type === 'bytes' ? 'a base64 string' : `a ${jsonType(field.type)}`}`);
}

function jsonType(type: string): string {
  if (type === 'string') return 'string';
  return type === 'bool' ? 'boolean' : 'number';
}

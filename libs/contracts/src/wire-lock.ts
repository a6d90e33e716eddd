// The wire contract as numbers: proto/wire.lock.json holds every field ever released, and nothing in it may change.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { root } from './message.ts';

/** "Finding.3": "description string" or "Severity.HIGH": "4". */
export type WireLock = Record<string, string>;

export const lockFile = fileURLToPath(new URL('../../../proto/wire.lock.json', import.meta.url));

export function readLock(): WireLock {
  return existsSync(lockFile) ? (JSON.parse(readFileSync(lockFile, 'utf8')) as WireLock) : {};
}

/** What the .proto files say now. */
export function currentWire(): WireLock {
  const wire: WireLock = {};
  const namespace = root.lookup('assay.v1') as protobuf.Namespace;
  for (const item of namespace.nestedArray) {
    // A view made at run time (the lazy batch) is no part of the contract.
    if (item.filename === null && item.name === 'Batch') continue;
    if (item instanceof protobuf.Enum)
      for (const [name, value] of Object.entries(item.values)) wire[`${item.name}.${name}`] = String(value);
    if (item instanceof protobuf.Type)
      for (const field of item.fieldsArray) wire[`${item.name}.${field.id}`] = describe(field);
  }
  return wire;
}

function describe(field: protobuf.Field): string {
  const type = field instanceof protobuf.MapField ? `map<${field.keyType}, ${field.type}>` : field.type;
  return `${field.name} ${field.repeated ? 'repeated ' : ''}${type}`;
}

/** Sentences that name what a change breaks; empty when old and new programs understand each other. */
export function incompatibilities(locked: WireLock, current: WireLock): string[] {
  return Object.entries(locked).flatMap(([key, was]) => {
    const is = current[key];
    if (is === was) return [];
    return [
      is === undefined
        ? `${key} (${was}) is gone: keep it, deprecated`
        : `${key} was "${was}" and is now "${is}": use a new number`,
    ];
  });
}

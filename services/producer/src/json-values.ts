// Reading parsed JSON whose shape a tool promises but nobody checks: a member of the wrong type reads as absent, so
// that one odd record does not cost a report. What must be there is checked by the adapter, with a sentence.

export type JsonObject = Readonly<Record<string, unknown>>;

const nothing: JsonObject = Object.freeze({});

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object itself, {} for anything else. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : nothing;
}

/** The array itself, [] for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string itself, "" for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The strings of an array; one string alone counts as an array of it. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return listOf(value).filter((item): item is string => typeof item === 'string');
}

/** A number, or a string that is one ("7.5"); undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** An array index: an integer from 0; undefined for anything else, as -1, which formats write for "none". */
export function indexOf(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A line or column number for the wire: from 1 and of 32 bits; 0, unknown, for anything else. */
export function positionOf(value: unknown): number {
  const index = indexOf(value) ?? 0;
  return index <= 0xffff_ffff ? index : 0;
}

/** A member of an object that is used as a map or a table: a key that came from a report never reaches the prototype. */
export function entryOf<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

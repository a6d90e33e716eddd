// Lists of numbers as bytes: places (two numbers each) and plain 32-bit numbers, little-endian. Byte by byte: a DataView
// for each costs four times as much, and these are read and written for every finding.
import type { Place } from './ledger-store.ts';

export function placeAt(bytes: Uint8Array, index: number): Place {
  return { seq: numberAt(bytes, 2 * index), position: numberAt(bytes, 2 * index + 1) };
}

export function setPlace(bytes: Uint8Array, index: number, { seq, position }: Place): void {
  setNumber(bytes, 2 * index, seq);
  setNumber(bytes, 2 * index + 1, position);
}

/** Throws a RangeError behind the last one. */
export function numberAt(bytes: Uint8Array, index: number): number {
  const at = index * 4;
  if (at + 4 > bytes.length) throw new RangeError(`there is no number ${index} in ${bytes.length} bytes`);
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

export function numbersOf(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  values.forEach((value, index) => {
    setNumber(bytes, index, value);
  });
  return bytes;
}

function setNumber(bytes: Uint8Array, index: number, value: number): void {
  const at = index * 4;
  if (at + 4 > bytes.length) throw new RangeError(`there is no room for number ${index} in ${bytes.length} bytes`);
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >>> 8) & 0xff;
  bytes[at + 2] = (value >>> 16) & 0xff;
  bytes[at + 3] = value >>> 24;
}

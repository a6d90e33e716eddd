// Lists of numbers as bytes: places (two numbers each) and plain 32-bit numbers, little-endian.
import type { Place } from './ledger-store.ts';

export function placeAt(bytes: Uint8Array, index: number): Place {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { seq: view.getUint32(index * 8, true), position: view.getUint32(index * 8 + 4, true) };
}

export function setPlace(bytes: Uint8Array, index: number, { seq, position }: Place): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(index * 8, seq, true);
  view.setUint32(index * 8 + 4, position, true);
}

export function numberAt(bytes: Uint8Array, index: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(index * 4, true);
}

export function numbersOf(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(index * 4, value, true);
  });
  return bytes;
}

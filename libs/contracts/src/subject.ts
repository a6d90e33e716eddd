// Subjects: `assay.<noun>.<verb>.<key>…`. A key is lower-case and one token, whatever it was.
import { hash } from 'node:crypto';

/** How many partitions the ledger's inputs have. Changing it changes subjects and durables. */
export const partitions = 16;

/**
 * One subject token: lower-case, every character but a-z 0-9 _ - mapped to "-", at most 64 long; "none" for "".
 * A long one keeps its start and ends in a hash, so that two of them stay two.
 */
export function token(key: string): string {
  const mapped = key.toLowerCase().replace(/[^a-z0-9_-]+/g, '-');
  if (mapped === '') return 'none';
  return mapped.length <= 64 ? mapped : `${mapped.slice(0, 51)}-${hash('sha256', key).slice(0, 12)}`;
}

/** The partition of a target: two digits, "00" to "15". */
export function partitionOf(targetName: string): string {
  return String(Number.parseInt(hash('sha256', targetName).slice(0, 4), 16) % partitions).padStart(2, '0');
}

/** Every partition's token. */
export const partitionTokens: readonly string[] = Array.from({ length: partitions }, (_, index) =>
  String(index).padStart(2, '0'),
);

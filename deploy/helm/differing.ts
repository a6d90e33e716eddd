// One object of two that are nearly the same: what only one of them has stands under a condition.
import { choice, conditional } from './template.ts';

export const highAvailability = '.Values.highAvailability';

export function not(condition: string): string {
  return `not ${condition}`;
}

/** `small` as it is without, `large` as it is with high availability. */
export function differing(small: unknown, large: unknown): unknown {
  if (isSame(small, large)) return small;
  if (isObject(small) && isObject(large)) {
    const keys = [...new Set([...Object.keys(small), ...Object.keys(large)])];
    return Object.fromEntries(keys.flatMap((key) => entriesOf(key, small, large)));
  }
  if (Array.isArray(small) && Array.isArray(large) && small.length === large.length)
    return small.map((item, index) => differing(item, large[index]));
  if (isScalar(small) && isScalar(large)) return choice(highAvailability, large, small);
  throw new Error(`cannot be one: ${JSON.stringify(small)} and ${JSON.stringify(large)}`);
}

function entriesOf(key: string, small: Record<string, unknown>, large: Record<string, unknown>): [string, unknown][] {
  const [one, other] = [small[key], large[key]];
  if (other === undefined) return [[conditional(not(highAvailability), key), one]];
  if (one === undefined) return [[conditional(highAvailability, key), other]];
  const isText = typeof one === 'string' && one.includes('\n');
  if (isText && one !== other)
    return [
      [conditional(not(highAvailability), key), one],
      [conditional(highAvailability, key), other],
    ];
  return [[key, differing(one, other)]];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

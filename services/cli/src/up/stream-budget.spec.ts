import { expect, it } from '@jest/globals';
import { streamBudget } from './stream-budget.ts';

const gib = 1024 ** 3;

it.each([
  ['a large disk', 100 * gib, 0, 4 * gib],
  ['a small disk', 3 * gib, 0, 1.5 * gib],
  ['the same small disk when the streams are full', 1.5 * gib, 1.5 * gib, 1.5 * gib],
])('%s with %d bytes free and %d taken gives %d', (_, free, taken, budget) => {
  expect(streamBudget(4 * gib, free, taken)).toBe(budget);
});

import { expect, it } from '@jest/globals';
import { timeLimitMs } from './time-limit.ts';

it.each([
  [0, 1000],
  [1, 1000],
  [256, 1000],
  [257, 2000],
  [1024, 4000],
])('%i findings may take %i ms', (findings, ms) => {
  expect(timeLimitMs(findings)).toBe(ms);
});

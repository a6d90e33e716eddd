import { describe, expect, it } from '@jest/globals';
import { nextRunTime } from './next-run-time.ts';

const after = new Date('2026-03-28T12:00:00Z');

describe('a schedule', () => {
  it.each([
    ['0 3 * * *', 'UTC', '2026-03-29T03:00:00.000Z'],
    // Summer time begins that night: two o’clock does not exist.
    ['0 3 * * *', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['*/5 * * * *', 'UTC', '2026-03-28T12:05:00.000Z'],
    ['0 12 * * *', 'UTC', '2026-03-29T12:00:00.000Z'],
    ['0 0 1 * *', 'America/New_York', '2026-04-01T04:00:00.000Z'],
    ['0 9 * * MON-FRI', 'UTC', '2026-03-30T09:00:00.000Z'],
  ])('%s in %s is next due at %s', (schedule, timeZone, expected) => {
    expect(nextRunTime(schedule, timeZone, after)?.toISOString()).toBe(expected);
  });

  it('may never be due', () => {
    expect(nextRunTime('0 0 30 2 *', 'UTC', after)).toBeUndefined();
  });

  it.each([
    ['every night', 'UTC'],
    ['* * * * * *', 'UTC'],
    ['61 * * * *', 'UTC'],
    ['', 'UTC'],
    ['0 3 * * *', 'Europe/Atlantis'],
  ])('%j in %s is refused', (schedule, timeZone) => {
    expect(() => nextRunTime(schedule, timeZone, after)).toThrow(/says no times .*: write five fields/);
  });
});

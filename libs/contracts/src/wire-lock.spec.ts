import { describe, expect, it } from '@jest/globals';
import { currentWire, incompatibilities, readLock } from './wire-lock.ts';

describe('the wire contract', () => {
  it('keeps every released field, number and type', () => {
    expect(incompatibilities(readLock(), currentWire())).toEqual([]);
  });

  it('has every new field recorded (npm run generate)', () => {
    expect(Object.keys(currentWire()).filter((key) => !(key in readLock()))).toEqual([]);
  });

  it.each([
    [
      'a field that is gone',
      { 'Finding.3': 'description string' },
      {},
      ['Finding.3 (description string) is gone: keep it, deprecated'],
    ],
    [
      'a field of another type',
      { 'Finding.3': 'description string' },
      { 'Finding.3': 'description bytes' },
      ['Finding.3 was "description string" and is now "description bytes": use a new number'],
    ],
    [
      'an enum value that moved',
      { 'Severity.HIGH': '4' },
      { 'Severity.HIGH': '5' },
      ['Severity.HIGH was "4" and is now "5": use a new number'],
    ],
    [
      'a new field',
      { 'Finding.3': 'description string' },
      { 'Finding.3': 'description string', 'Finding.99': 'x string' },
      [],
    ],
  ])('judges %s', (_, locked, current, expected) => {
    expect(incompatibilities(locked as never, current as never)).toEqual(expected);
  });
});

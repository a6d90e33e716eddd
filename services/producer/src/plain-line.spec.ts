import { describe, expect, it } from '@jest/globals';
import { plainLine, quoted } from './plain-line.ts';

describe('a plain line', () => {
  it.each([
    ['a\r\nX-Injected: yes', 'a X-Injected: yes'],
    ['\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['nul\u0000byte', 'nulbyte'],
    ['\u202egnp.exe\u2066', 'gnp.exe'],
    ['half \ud83d', 'half \ufffd'],
    ['  two  words ', 'two words'],
  ])('of %j is %j', (text, line) => {
    expect(plainLine(text, 100)).toBe(line);
  });

  it('is no longer than it may be, and whole in its last character', () => {
    expect(plainLine('abc\u{1f600}', 4)).toBe('abc\ufffd');
  });

  it('quotes no secret', () => {
    expect(quoted(`v1 ${'gh'}p_${'a1'.repeat(20)}`)).toBe('v1 [redacted]');
  });
});

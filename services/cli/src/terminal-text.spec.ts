import { describe, expect, it } from '@jest/globals';
import { fit, manyLines, oneLine, toJson, widthOf } from './terminal-text.ts';

describe('oneLine', () => {
  it.each([
    ['plain text stays', 'a b-c', 'a b-c'],
    ['line ends and tabs become one blank', 'a\r\n\tb', 'a b'],
    ['an escape sequence is spelt out', 'a\x1b[31mred\x1b[0m', 'a\\x1b[31mred\\x1b[0m'],
    ['an operating system command is spelt out', '\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['C1 controls, which some terminals obey, are spelt out', '\x9b31m', '\\x9b31m'],
    ['DEL and NUL are spelt out', '\x7f\0', '\\x7f\\x00'],
    ['marks that reorder a line are spelt out', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['invisible blanks are spelt out', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['line separators of Unicode are spelt out', 'a\u2028b', 'a\\u2028b'],
    ['half a surrogate pair is replaced', 'a\ud800', 'a\ufffd'],
    [
      'other marks that nobody sees are spelt out',
      'a\u00adb\u2061c\u206ad\ufff9e\u180ef',
      'a\\xadb\\u2061c\\u206ad\\ufff9e\\u180ef',
    ],
    ['letters that show nothing are spelt out', 'a\u3164\u115fb', 'a\\u3164\\u115fb'],
    ['tags, which hide words from people alone, are spelt out', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['scripts that are joined stay as they are', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['joined emoji stay whole', '👩‍💻', '👩‍💻'],
  ])('%s', (_, text, expected) => {
    expect(oneLine(text)).toBe(expected);
  });
});

describe('manyLines', () => {
  it('keeps line ends and neutralises the rest', () => {
    expect(manyLines('a\r\nb\x1b[2J\n')).toBe('a\nb\\x1b[2J\n');
  });
});

describe('toJson', () => {
  it('holds no character that a terminal would obey, and means the same', () => {
    const value = { text: 'a\x7f\x9b\u202e\n"\u{e0041}' };
    expect(toJson(value)).toBe('{"text":"a\\u007f\\u009b\\u202e\\n\\"\\udb40\\udc41"}');
    expect(JSON.parse(toJson(value, 2))).toEqual(value);
  });
});

describe('widthOf', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['한국', 4],
    ['ｆ', 2],
    ['👩‍💻', 2],
    ['❤️', 2],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe('fit', () => {
  it.each([
    ['abcdef', 6, 'start', 'abcdef'],
    ['abcdef', 4, 'start', 'abc…'],
    ['src/deep/file.js', 9, 'end', '…/file.js'],
    ['日本語', 4, 'start', '日…'],
    ['日本語', 4, 'end', '…語'],
    ['abc', 0, 'start', ''],
  ] as const)('%s in %i columns, its %s kept', (text, width, keep, expected) => {
    expect(fit(text, width, keep)).toBe(expected);
    expect(widthOf(fit(text, width, keep))).toBeLessThanOrEqual(width);
  });
});

import { describe, expect, it } from '@jest/globals';
import { flaggedLines, numberedLines } from './flagged-lines.ts';

const source = ['one', 'two', 'three', 'four'];
const minified = [`${'a'.repeat(5000)}eval(x)${'b'.repeat(5000)}`];

describe('flaggedLines', () => {
  it.each([
    ['one line', source, { startLine: 2 }, 'two'],
    ['a range', source, { startLine: 2, endLine: 3 }, 'two\nthree'],
    ['an end before the start', source, { startLine: 3, endLine: 1 }, 'three'],
    ['an unknown line', source, { startLine: 0 }, ''],
    ['a line that is not there', source, { startLine: 9 }, ''],
    ['a range past the end', source, { startLine: 4, endLine: 9 }, 'four'],
    [
      'a minified line, around the columns',
      minified,
      { startLine: 1, endLine: 1, startColumn: 5001, endColumn: 5008 },
      `${'a'.repeat(80)}eval(x)${'b'.repeat(81)}`,
    ],
    ['a minified line without columns', minified, { startLine: 1 }, 'a'.repeat(2000)],
  ])('gives %s', (_, lines, span, expected) => {
    expect(flaggedLines(lines, span)).toBe(expected);
  });
});

describe('numberedLines', () => {
  it.each([
    [
      'gosec',
      '163: func Md5Sum() {\n164: \thasher := md5.New()\n165: }\n',
      { startLine: 164 },
      '\thasher := md5.New()',
    ],
    ['gosec, a range', '9: a\n10: b\n11: c\n12: d\n', { startLine: 10, endLine: 11 }, 'b\nc'],
    ['bandit', "12     'admin': {\n13         'password': 1,\n14 }\n", { startLine: 13 }, "        'password': 1,"],
    ['an empty line', '12 \n13 x\n', { startLine: 12, endLine: 13 }, '\nx'],
    ['code without numbers', 'a = 1\nb = 2\n', { startLine: 1 }, 'a = 1\nb = 2\n'],
    ['numbers elsewhere', '12: a\n13: b\n', { startLine: 99 }, ''],
  ])('gives the flagged lines of %s', (_, excerpt, span, expected) => {
    expect(numberedLines(excerpt, span)).toBe(expected);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createLog } from './log.ts';

describe('the log', () => {
  it.each([
    ['line ends', 'a\r\n{"level":60,"msg":"forged"}'],
    ['escape sequences', '\x1b[2J\x1b]0;title\x07'],
    ['C1 controls and DEL', '\x9b31m\x7f'],
    ['marks that reorder', 'a\u202eb\u2066c\u200f'],
    ['line separators', 'a\u2028b\u2029'],
    ['tags', 'a\u{e0041}'],
    ['a quote', '","level":60,"x":"'],
    ['half a surrogate pair', '\ud800'],
  ])('holds %s as one line of JSON that acts on no terminal', (_, text) => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line: string) => void lines.push(line) });
    log.info({ text, [text]: 1, err: text }, text);
    expect(lines).toHaveLength(1);
    const [line = ''] = lines;
    expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\n$/u);
    expect(JSON.parse(line)).toMatchObject({ level: 30, text, msg: text, [text]: 1 });
  });
});

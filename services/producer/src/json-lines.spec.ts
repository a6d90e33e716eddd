import { describe, expect, it } from '@jest/globals';
import { type JsonLinesOptions, jsonLines } from './json-lines.ts';

async function read(content: string | Uint8Array, chunkBytes = 1000, options: JsonLinesOptions = {}) {
  const bytes = Buffer.from(content as Uint8Array);
  // One buffer, used again for every chunk, as some sources do.
  const chunk = Buffer.alloc(chunkBytes);
  async function* source() {
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      const length = bytes.copy(chunk, 0, start);
      yield chunk.subarray(0, length);
    }
  }
  const values: unknown[] = [];
  let code = '';
  let message = '';
  try {
    for await (const lines of jsonLines(source(), options)) {
      for (const { index, value } of lines) {
        expect(index).toBe(values.length);
        values.push(value);
      }
    }
  } catch (error) {
    ({ code, message } = error as { code: string; message: string });
  }
  return { values, code, message };
}

describe('jsonLines', () => {
  it.each([
    ['{"a":1}\n{"b":[2]}\n', [{ a: 1 }, { b: [2] }]],
    ['{"a":1}{"a":2}', [{ a: 1 }, { a: 2 }]],
    ['\ufeff \r\n{\n "a": "}{\\"",\n "b": {}\n}\n\n\n{}', [{ a: '}{"', b: {} }, {}]],
    ['{"é":"日本"}', [{ é: '日本' }]],
  ])('reads %j', async (content, values) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(await read(content, size)).toMatchObject({ values, code: '' });
  });

  it.each([
    ['', 0, 'report.empty', 'empty'],
    [' \n', 0, 'report.empty', 'empty'],
    ['{"a":1}\n{"a":', 1, 'report.truncated', 'byte 13'],
    ['{"a":1}\n[{"a":2}]', 1, 'report.not-json', 'byte 8'],
    ['{"a":1},{"a":2}', 1, 'report.not-json', 'byte 7'],
    ['{"a":1}\n{"a":2]', 1, 'report.not-json', 'byte 14'],
    ['{"a":1}\n{"a":hunter2}\n{}', 1, 'report.not-json', 'The record number 1 (at byte 8)'],
    ['\u0000{"a":1}', 0, 'report.not-json', 'UTF-16'],
    [Buffer.from('\ufeff{"a":1}', 'utf16le'), 0, 'report.not-json', 'UTF-16'],
    [`{}${'{"a":'.repeat(600)}`, 1, 'report.too-deep', '512 levels'],
  ])('refuses %j behind %d of its objects: %s', async (content, count, code, words) => {
    for (const size of [1, 3, 1000]) {
      const { values, code: found, message } = await read(content, size);
      expect([values.length, found]).toEqual([count, code]);
      expect(message).toContain(words);
      expect(message).not.toContain('hunter2');
    }
  });

  it('holds no object that is longer than it may be', async () => {
    const options = { maxItemBytes: 100 };
    for (const size of [7, 1000]) {
      const { values, code } = await read(`{"a":1}\n{"a":"${'x'.repeat(200)}"}`, size, options);
      expect([values, code]).toEqual([[{ a: 1 }], 'report.too-large']);
    }
    expect((await read(`{"a":"${'x'.repeat(80)}"}\n`.repeat(50), 7, options)).values).toHaveLength(50);
  });

  it('reads an own __proto__ as any other member', async () => {
    const { values } = await read('{"__proto__":{"a":1}}');
    expect(Object.keys(values[0] as object)).toEqual(['__proto__']);
  });
});

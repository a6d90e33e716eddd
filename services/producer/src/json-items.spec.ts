import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type JsonItem, type JsonItemsOptions, jsonItems } from './json-items.ts';

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  // The same buffer again and again, as a file reader may do.
  const buffer = new Uint8Array(size);
  for (let start = 0; start < bytes.length; start += size) {
    const part = bytes.subarray(start, start + size);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
  }
}

interface Read {
  items: JsonItem[];
  rest?: unknown;
  code?: string;
  message?: string;
}

async function read(
  text: string | Uint8Array,
  patterns: readonly string[],
  size = 1 << 20,
  options: JsonItemsOptions = {},
): Promise<Read> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const items: JsonItem[] = [];
  const reader = jsonItems(chunks(bytes, size), patterns, options);
  try {
    let step = await reader.next();
    for (; !step.done; step = await reader.next()) items.push(...step.value);
    return { items, rest: step.value };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { items, code: error.code, message: error.message };
  }
}

const sizes = [1, 2, 3, 5, 7, 16, 1 << 20];

describe('jsonItems', () => {
  const awkward = {
    Stats: { found: 3, deep: [[[{ a: '}]' }]]] },
    Issues: [
      { text: 'quote " and \\ and \\" and {[', list: [1, [2], {}], n: -1.5e3 },
      { text: 'Grüße 日本 🎉 \u2028', empty: {} },
      null,
      'a string, with ] and \\\\',
      -12.5,
      true,
      [],
      { 'key "with" \\ 🎉': [] },
    ],
    After: 'Issues[]',
  };

  it.each(sizes)('finds the elements of an array in chunks of %d bytes', async (size) => {
    for (const text of [
      JSON.stringify(awkward),
      JSON.stringify(awkward, null, 2),
      ` \n${JSON.stringify(awkward)}\r\n\t `,
    ]) {
      const { items, rest } = await read(text, ['Issues[]'], size);
      expect(items.map(({ value }) => value)).toEqual(awkward.Issues);
      expect(items.map(({ indexes }) => indexes[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(rest).toEqual({ ...awkward, Issues: [] });
    }
  });

  it.each(sizes)('walks arrays inside arrays in chunks of %d bytes', async (size) => {
    const runs = [{ tool: 'a', results: [{ n: 1 }, { n: 2 }] }, { results: [] }, { results: [{ n: 3 }], tool: 'b' }];
    const { items, rest } = await read(JSON.stringify({ version: '2.1.0', runs }), ['runs[].results[]'], size);
    expect(items).toEqual([
      { at: 'runs[].results[]', indexes: [0, 0], value: { n: 1 } },
      { at: 'runs[].results[]', indexes: [0, 1], value: { n: 2 } },
      { at: 'runs[].results[]', indexes: [2, 0], value: { n: 3 } },
    ]);
    expect(rest).toEqual({
      version: '2.1.0',
      runs: [{ tool: 'a', results: [] }, { results: [] }, { results: [], tool: 'b' }],
    });
  });

  it.each(sizes)('passes over skipped values and leaves them empty in chunks of %d bytes', async (size) => {
    const text = '{"metrics":{"a":[1,"}"]},"b":{"list":[{"x":[]}],"skip":7},"r":[1,2],"metrics2":[9]}';
    const { items, rest } = await read(text, ['r[]'], size, { skip: ['metrics', 'b.list[]', 'b.skip'] });
    expect(items.map(({ value }) => value)).toEqual([1, 2]);
    expect(rest).toEqual({ metrics: {}, b: { list: [], skip: 7 }, r: [], metrics2: [9] });
  });

  it('takes "*" for every member that is not named', async () => {
    const text = '{"version":"1","a":[1],"b":[2],"c":{"d":[3]},"e":5}';
    expect(await read(text, ['b[]'], 3, { skip: ['*'] })).toEqual({
      items: [{ at: 'b[]', indexes: [0], value: 2 }],
      rest: { version: '1', a: [], b: [], c: {}, e: 5 },
    });
    expect((await read(text, ['*[]'])).items.map(({ value }) => value)).toEqual([1, 2]);
  });

  it.each([
    ['[]', ['[]'], [], []],
    ['[1,[2]]', ['[]'], [1, [2]], []],
    ['\ufeff[1]', ['[]'], [1], []],
    ['{"a":null}', ['a[]'], [], { a: null }],
    ['{"a":{"b":1}}', ['a[]'], [], { a: { b: 1 } }],
    ['{"a":[1],"a":[2]}', ['a[]'], [1, 2], { a: [] }],
    ['{"\\u0061":[1]}', ['a[]'], [1], { a: [] }],
    ['{"a":[1],"b":[2]}', ['b[]', 'a[]'], [1, 2], { a: [], b: [] }],
    ['{"x":{"a":[1]}}', ['a[]'], [], { x: { a: [1] } }],
    ['true', ['a[]'], [], true],
    ['12', ['a[]'], [], 12],
    ['"a"', ['a[]'], [], 'a'],
  ] as [string, string[], unknown[], unknown][])('reads %s by %j', async (text, patterns, values, rest) => {
    for (const size of sizes) {
      const result = await read(text, patterns, size);
      expect(result.items.map(({ value }) => value)).toEqual(values);
      expect(result.rest).toEqual(rest);
    }
  });

  it.each([
    ['', 'report.empty', 0],
    [' \n', 'report.empty', 0],
    ['\ufeff', 'report.empty', 0],
    ['{', 'report.truncated', 0],
    ['{"a":[1,{"b":"', 'report.truncated', 1],
    ['{"a":[1,2', 'report.truncated', 1],
    ['{"a":[1,2]', 'report.truncated', 2],
    ['{"a":[1,2],', 'report.truncated', 2],
    ['{"a":[1,2],"b":{"c":1', 'report.truncated', 2],
    ['hello', 'report.not-json', 0],
    ['<xml/>', 'report.not-json', 0],
    ['{"a":[1 2]}', 'report.not-json', 1],
    ['{"a":[1,,2]}', 'report.not-json', 1],
    ['{"a":[1,]}', 'report.not-json', 1],
    ['{"a":[,1]}', 'report.not-json', 0],
    ['{"a":[{}{}]}', 'report.not-json', 1],
    ['{"a":[1}', 'report.not-json', 1],
    ['{"a":[1]]', 'report.not-json', 1],
    ['{"a":[1]}x', 'report.not-json', 1],
    ['{"a":[1]}{"a":[2]}', 'report.not-json', 1],
    ['{"a":[1];"b":2}', 'report.not-json', 1],
    ['{"a":[1],}', 'report.not-json', 1],
    ['{"a" [1]}', 'report.not-json', 0],
    ['{a:[1]}', 'report.not-json', 0],
    ['{"a":[1],"b":{]}', 'report.not-json', 1],
    ['{"a":[1],"b":{"c" 1}}', 'report.not-json', 1],
    ['{"a":[1,{"b":tru}]}', 'report.not-json', 1],
    ['{"a":[1,01]}', 'report.not-json', 1],
    ['{"a":[1,"\n"]}', 'report.not-json', 1],
  ])('refuses %j with %s after %d items', async (text, code, count) => {
    for (const size of sizes) {
      const result = await read(text, ['a[]'], size);
      expect({ code: result.code, count: result.items.length }).toEqual({ code, count });
    }
  });

  it('says where a cut report ends', async () => {
    expect((await read('{"a":[1,{"b":"x', ['a[]'], 4)).message).toContain('byte 15');
  });

  it('refuses UTF-16 by name', async () => {
    expect((await read(Buffer.from('\ufeff[1]', 'utf16le'), ['[]'])).message).toContain('UTF-16');
  });

  it('never quotes the report in an error', async () => {
    const { message } = await read('{"a":[{"Secret": hunter2}]}', ['a[]']);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['[[[[1]]]]', { maxDepth: 3 }, 'report.too-deep'],
    ['{"a":{"b":{"c":{}}}}', { maxDepth: 3 }, 'report.too-deep'],
    ['["0123456789"]', { maxItemBytes: 11 }, 'report.too-large'],
    ['{"a":"0123456789"}', { maxRestBytes: 11 }, 'report.too-large'],
  ])('bounds %s by %j', async (text, options, code) => {
    for (const size of sizes) expect((await read(text, ['[]'], size, options)).code).toBe(code);
  });

  it('pollutes no prototype', async () => {
    const text = '{"__proto__":{"bad":1},"constructor":{"prototype":{"bad":1}},"a":[{"__proto__":{"bad":1}}]}';
    const { items, rest } = await read(text, ['a[]']);
    expect(Object.getPrototypeOf(items[0]?.value)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(rest)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).bad).toBeUndefined();
  });

  it('agrees with JSON.parse on documents made at random', async () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    const words = ['', 'a', '"', '\\', '\\"', 'ä', '🎉', '{', ']', ',', '\n', 'items'];
    const value = (depth: number): unknown => {
      const kind = random(depth > 4 ? 4 : 6);
      if (kind === 0) return words[random(words.length)];
      if (kind === 1) return random(1000) / 8 - 20;
      if (kind === 2) return [null, true, false][random(3)];
      if (kind === 3) return `${words[random(words.length)]}${words[random(words.length)]}`;
      const size = random(4);
      if (kind === 4) return Array.from({ length: size }, () => value(depth + 1));
      return Object.fromEntries(
        Array.from({ length: size }, () => [`${words[random(words.length)]}${random(9)}`, value(depth + 1)]),
      );
    };
    for (let round = 0; round < 300; round++) {
      const items = Array.from({ length: random(6) }, () => value(0));
      const document = { before: value(0), items, after: value(0) };
      const result = await read(JSON.stringify(document, null, random(2)), ['items[]'], 1 + random(40));
      expect(result.items.map((item) => item.value)).toEqual(items);
      expect(result.rest).toEqual({ ...document, items: [] });
    }
  });

  it.each([['a'], ['a[].b[]', 'a[]'], ['']])('refuses the pattern %s as our own mistake', async (...patterns) => {
    await expect(read('{}', patterns)).rejects.toThrow('pattern');
  });
});

describe('lists under any name', () => {
  it.each([
    ['{"r":{"a":[1],"b":[2]},"v":3}', { r: {}, v: 3 }],
    ['{"r":{"a":[1] , "b" : 5 , "c":[2]}}', { r: { b: 5 } }],
    ['{"r":{"b":5,"a":[1]}}', { r: { b: 5 } }],
    ['{"r":{"b":5 , "a" : [1] } , "v":[]}', { r: { b: 5 }, v: [] }],
    ['{"r":{"a":[],"b":{"x":[1],"y":"}"},"c":[1]}}', { r: { b: { x: [1], y: '}' } } }],
    ['{"r":{"a\\"[":[1],"":[2]}}', { r: {} }],
    ['{"r":{}}', { r: {} }],
  ])('are not named in the rest: %s', async (text, rest) => {
    for (const size of [1, 2, 3, 7, 1 << 20]) expect((await read(text, ['r.*[]'], size)).rest).toEqual(rest);
  });

  it.each(['{"r":{"a":[1],}}', '{"r":{,"a":[1]}}', '{"r":{"a":[1] "b":[2]}}', '{"r":{"a" [1]}}'])(
    'do not make a broken report a good one: %s',
    async (text) => {
      for (const size of [1, 1 << 20]) expect((await read(text, ['r.*[]'], size)).code).toBe('report.not-json');
    },
  );
});

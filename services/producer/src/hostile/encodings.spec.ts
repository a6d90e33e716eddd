// Every report of every adapter in another encoding, behind a byte order mark, between NUL bytes, wrapped, or packed.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { specimens } from './corpus.ts';
import { judge } from './judge.ts';

const mark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16 = (bytes: Buffer) => Buffer.from(bytes.toString('utf8'), 'utf16le');
const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();
const join = (...parts: (Buffer | string)[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** What becomes of a text, and whether a reader may take it. */
const ways: [what: string, made: (bytes: Buffer) => Buffer, isRefused: boolean][] = [
  ['behind a byte order mark', (bytes) => join(mark, bytes), false],
  ['behind two of them', (bytes) => join(mark, mark, bytes), false],
  ['in UTF-16', (bytes) => join(Buffer.from([0xff, 0xfe]), utf16(bytes)), true],
  ['in UTF-16 the other way round', (bytes) => join(Buffer.from([0xfe, 0xff]), swapped(utf16(bytes))), true],
  ['in UTF-16 without a mark', (bytes) => utf16(bytes), true],
  [
    'in UTF-32',
    (bytes) => join(Buffer.from([0xff, 0xfe, 0, 0]), Buffer.from([...bytes].flatMap((b) => [b, 0, 0, 0]))),
    true,
  ],
  ['behind NUL bytes', (bytes) => join('\0\0', bytes), true],
  ['before NUL bytes', (bytes) => join(bytes, '\0\0'), true],
  ['twice', (bytes) => join(bytes, bytes), true],
  ['before words', (bytes) => join(bytes, 'done in 3 s'), true],
  ['behind words', (bytes) => join('[info] scanning', bytes), true],
  [
    'with a byte that is no UTF-8 in the middle',
    (bytes) => {
      const copy = Buffer.from(bytes);
      copy[copy.length >> 1] = 0xff;
      return copy;
    },
    false,
  ],
  ['as gzip', (bytes) => gzipSync(bytes), true],
  ['as zstd', (bytes) => zstdCompressSync(bytes), true],
  ['as deflate', (bytes) => deflateSync(bytes), true],
  ['as brotli', (bytes) => brotliCompressSync(bytes), true],
  ['as the head of a zip', (bytes) => join('PK\u0003\u0004', bytes), true],
  ['in quotes', (bytes) => Buffer.from(JSON.stringify(bytes.toString())), true],
  ['in a list of lists', (bytes) => join('[[', bytes, ']]'), true],
];

describe.each(ways)('a report %s', (_, made, isRefused) => {
  it.each(
    specimens()
      .filter(({ kind, bytes }) => kind !== 'binary' && bytes.length > 2)
      .map(({ name, adapter, bytes }) => [name, adapter, bytes] as const),
  )('breaks nothing: %s', async (_, adapter, bytes) => {
    const { code } = await judge(adapter, made(bytes), { chunkBytes: 1000 });
    // One object behind the other is JSON lines.
    if (isRefused && adapter.name !== 'staticcheck') expect(code).toMatch(/^report\./);
  });
});

it.each([
  ['nothing', ''],
  ['white space', ' \r\n\t '],
  ['a byte order mark', '\ufeff'],
  ['a NUL byte', '\0'],
])('a report that is only %s is refused by every adapter', async (_, text) => {
  for (const { adapter } of specimens()) {
    const { code } = await judge(adapter, Buffer.from(text));
    expect([adapter.name, code]).toEqual([adapter.name, expect.stringMatching(/^report\./)]);
  }
});

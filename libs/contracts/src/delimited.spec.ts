import { describe, expect, it } from '@jest/globals';
import { readDelimited, withLength } from './delimited.ts';

async function* inPieces(bytes: Uint8Array, size: number) {
  // One buffer for every piece, as some sources do.
  const piece = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const length = Buffer.from(bytes).copy(piece, 0, at);
    yield piece.subarray(0, Math.min(length, size));
  }
}

async function read(bytes: Uint8Array, size: number, maxBytes = 1000) {
  const texts: string[] = [];
  for await (const message of readDelimited(inPieces(bytes, size), { maxBytes }))
    texts.push(Buffer.from(message).toString());
  return texts;
}

describe('delimited messages', () => {
  const texts = ['a', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(999)];
  const bytes = Buffer.concat(['', ...texts, ''].map((text) => withLength(Buffer.from(text))));

  it.each([1, 2, 3, 130, 5000])(
    'come as they were written, %d bytes at a time, without the empty ones',
    async (size) => {
      expect(await read(bytes, size)).toEqual(texts);
    },
  );

  it('has the lengths that protobuf writes', () => {
    expect([...withLength(new Uint8Array(300)).subarray(0, 3)]).toEqual([0xac, 0x02, 0]);
  });

  it.each([
    ['in a message', bytes.subarray(0, -10), 'delimited.truncated'],
    ['in a length', Buffer.from([0x80]), 'delimited.truncated'],
    ['with a message that is too long', bytes.subarray(0, 200), 'delimited.too-large', 127],
    ['with a length without end', Buffer.alloc(20, 0x80), 'delimited.too-large'],
  ])('are refused that end %s', async (_, given, code, maxBytes = 1000) => {
    for (const size of [1, 5000]) await expect(read(given, size, maxBytes)).rejects.toMatchObject({ code });
  });
});

import { describe, expect, it } from '@jest/globals';
import { type WireFate, type WireOptions, wireFields } from './wire.ts';

const take = (): WireFate => 'take';

async function read(
  hex: string,
  fateOf: (path: readonly number[]) => WireFate = take,
  chunkBytes = 1,
  options: WireOptions = {},
) {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const chunk = Buffer.alloc(chunkBytes);
  async function* source() {
    // One buffer for every chunk, as some sources do.
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      const length = bytes.copy(chunk, 0, start);
      yield chunk.subarray(0, length);
    }
  }
  const fields: [string, string][] = [];
  let code = '';
  try {
    for await (const some of wireFields(source(), fateOf, options))
      for (const { path, bytes: value } of some) fields.push([path.join('.'), Buffer.from(value).toString('hex')]);
  } catch (error) {
    ({ code } = error as { code: string });
  }
  return { fields, code };
}

describe('wireFields', () => {
  // 1: varint 150, 2: "abc", 3: fixed64, 4: fixed32, 5: "", 16: "z"
  const all = '089601 1203616263 190102030405060708 2501020304 2a00 82010 17a'.replaceAll(' ', '');
  it.each([1, 2, 100])('takes what is length-delimited and passes over the rest, %d bytes at a time', async (size) => {
    expect(await read(all, take, size)).toEqual({
      fields: [
        ['2', '616263'],
        ['5', ''],
        ['16', '7a'],
      ],
      code: '',
    });
  });

  it('walks into a message where it is told to', async () => {
    const fateOf = (path: readonly number[]): WireFate => (path.length === 1 && path[0] === 1 ? 'enter' : 'take');
    // 1: { 2: "a", 1: varint, 3: "b" }, 1: {}, 2: "c"
    const { fields, code } = await read('0a08 120161 0801 1a0162 0a00 120163', fateOf);
    expect([fields, code]).toEqual([
      [
        ['1.2', '61'],
        ['1.3', '62'],
        ['2', '63'],
      ],
      '',
    ]);
  });

  it.each([
    ['nothing', '', 'report.empty'],
    ['the middle of a number', '0896', 'report.truncated'],
    ['the middle of a tag', '82', 'report.truncated'],
    ['the middle of a member', '120361', 'report.truncated'],
    ['a length and no end', '12ffffffffff7f61', 'report.too-large'],
    ['number 0', '0200', 'report.not-protobuf'],
    ['a group', '0b', 'report.not-protobuf'],
    ['wire type 7', '0f', 'report.not-protobuf'],
    ['a number without an end', '08ffffffffffffffffffffff', 'report.not-protobuf'],
  ])('refuses %s', async (_, hex, code) => {
    for (const size of [1, 100]) expect((await read(hex, take, size)).code).toBe(code);
  });

  it.each([
    ['a member', '0a03 120561'],
    ['a number', '0a02 0896 01'],
    ['a fixed number', '0a03 1901 0203040506070800'],
  ])('refuses %s that ends behind the message it is in', async (_, hex) => {
    const enter = (path: readonly number[]): WireFate => (path.length === 1 ? 'enter' : 'take');
    expect((await read(hex, enter)).code).toBe('report.not-protobuf');
  });

  it('holds no member that is longer than it may be, and passes over any', async () => {
    const long = `1264${'61'.repeat(100)}`;
    expect((await read(long, take, 7, { maxFieldBytes: 99 })).code).toBe('report.too-large');
    expect(await read(`${long}${long}`, () => 'skip', 7, { maxFieldBytes: 99 })).toEqual({ fields: [], code: '' });
  });

  it('does not walk without end', async () => {
    let hex = '';
    for (let i = 0; i < 40; i++) hex = `0a${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`;
    expect((await read(hex, () => 'enter')).code).toBe('report.too-deep');
  });
});

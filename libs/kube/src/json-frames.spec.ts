import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { jsonFrames } from './json-frames.ts';

const objects = [{ name: 'façade' }, { name: '日本', list: [1, 2] }, { name: 'last' }];
const wire = Buffer.from(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));

function cut(bytes: Buffer, size: number): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return Readable.from(pieces, { objectMode: true });
}

describe('frames', () => {
  it.each([1, 2, 3, 7, 20, 1000])('are whole however they are cut: %i bytes', async (size) => {
    expect(await Array.fromAsync(jsonFrames(cut(wire, size)))).toEqual(objects);
  });

  it('without their line’s end are none: the connection broke within', async () => {
    expect(await Array.fromAsync(jsonFrames(cut(wire.subarray(0, -1), 5)))).toEqual(objects.slice(0, 2));
  });

  it('that are no JSON end the connection', async () => {
    await expect(Array.fromAsync(jsonFrames(cut(Buffer.from('{"a":1}\n<html>\n'), 4)))).rejects.toMatchObject({
      name: 'Transient',
      code: 'kube.watch',
    });
  });

  it('do not grow for ever', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1024 * 1024, 'a');
      })(),
    );
    await expect(Array.fromAsync(jsonFrames(endless))).rejects.toThrow('more than 16777216 bytes');
  });
});

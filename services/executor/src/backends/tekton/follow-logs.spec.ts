import type { BlobStore } from '@assay/blobs';
import { InvalidInput, Transient } from '@assay/contracts';
import type { Kube } from '@assay/kube';
import { describe, expect, it } from '@jest/globals';
import { followStep, type Piece } from './follow-logs.ts';

/** One answer a question: chunks, then an error where there is one. */
type Answer = { chunks: readonly string[]; error?: Error };

async function follow(answers: readonly Answer[], { maxBytes = 100_000, signal = new AbortController().signal } = {}) {
  const left = [...answers];
  let stored = '';
  const kube = {
    async *logs() {
      const answer = left.shift();
      if (!answer) throw new Error('asked once more than expected');
      for (const chunk of answer.chunks) yield Buffer.from(chunk, 'latin1');
      if (answer.error) throw answer.error;
    },
  } as unknown as Kube;
  const blobs = {
    async put(content: Uint8Array, { mediaType }: { mediaType: string }) {
      stored = Buffer.from(content).toString();
      return { digest: 'sha256:log', size: content.length, mediaType };
    },
  } as unknown as BlobStore;
  const pieces: Piece[] = [];
  const settings = { kube, blobs, namespace: 'runs', maxBytes, secrets: ['the-run-token'] };
  const step = { step: 'scan', pod: 'p', container: 'step-scan' };
  const end = await followStep(step, settings, (piece) => pieces.push(piece), signal);
  expect(left).toEqual([]);
  return { end, pieces, stored };
}

const unready = new Transient('not yet', { code: 'kube.log-unready' });
const gone = new InvalidInput('no such pod', { code: 'kube.missing' });

describe('the log of a step', () => {
  it('is told in whole lines with their places, and kept whole', async () => {
    const { pieces, stored, end } = await follow([{ chunks: ['one\ntw', 'o\nth', 'ree'] }]);
    expect(pieces.map(({ offset, text }) => [offset, text])).toEqual([
      [0, 'one\n'],
      [4, 'two\n'],
      [8, 'three'],
    ]);
    expect(stored).toBe('one\ntwo\nthree');
    expect(end).toEqual({
      log: { step: 'scan', blob: { digest: 'sha256:log', size: 13, mediaType: 'text/plain' }, truncated: false },
      tail: 'one\ntwo\nthree',
    });
  });

  it('is asked for again until the container has begun, and has characters whole wherever they are cut', async () => {
    const euro = Buffer.from('€\n').toString('latin1');
    const { stored } = await follow([
      { chunks: [], error: unready },
      { chunks: [], error: unready },
      { chunks: [euro.slice(0, 1), euro.slice(1)] },
    ]);
    expect(stored).toBe('€\n');
  });

  it('keeps what there was when the pod goes, and is nothing where there was nothing', async () => {
    expect((await follow([{ chunks: ['half\n'], error: gone }])).stored).toBe('half\n');
    expect((await follow([{ chunks: [], error: gone }])).end).toBeUndefined();
  });

  it('shows no secret: not the run’s token, not a key that comes in pieces', async () => {
    const { stored, pieces } = await follow([
      {
        chunks: [
          'token the-run-token\n-----BEGIN PRIVATE KEY-----\nMIIE',
          'vQIB\n',
          '-----END PRIVATE KEY-----\nend\n',
        ],
      },
    ]);
    expect(stored).toBe('token [redacted]\n[redacted]\nend\n');
    expect(pieces.map(({ text }) => text).join('')).toBe(stored);
  });

  it('ends where it is longer than what is kept, and says so', async () => {
    const line = `${'x'.repeat(9)}\n`;
    const { end, stored } = await follow([{ chunks: [line, line, line] }], { maxBytes: 20 });
    expect([stored, end?.log.truncated]).toEqual([line + line, true]);
  });

  it('is told in pieces of at most 32 KiB, also without a line', async () => {
    const { pieces, stored } = await follow([{ chunks: ['y'.repeat(70_000)] }]);
    expect(pieces.map(({ text }) => text.length)).toEqual([32768, 32768, 4464]);
    expect(stored).toHaveLength(70_000);
  });
});

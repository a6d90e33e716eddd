// Bodies that are content, not JSON: streamed as they come, unpacked when they are gzip, never more than is allowed.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InvalidInput } from '@assay/contracts';

/** Gzip may make this many bytes of one … */
const maxExpansion = 200;
/** … once it has made this many: a small report of many zeros is harmless. */
const freeExpansionBytes = 8 * 1024 * 1024;

export interface RawBodyOptions {
  /** Most bytes, after unpacking. */
  maxBytes: number;
  /** What it is, for sentences and codes: "report" or "blob". */
  noun: string;
}

/** The content of a request. Throws InvalidInput "<noun>.empty", ".too-large", ".encoding" or ".cut-off". */
export async function* rawBody(request: IncomingMessage, options: RawBodyOptions): AsyncIterable<Uint8Array> {
  const { maxBytes, noun } = options;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(options);
  let size = 0;
  for await (const chunk of decoded(request, options)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(options);
    if (chunk.byteLength > 0) yield chunk;
  }
  if (size === 0)
    throw new InvalidInput(
      `the ${noun} is empty (zero bytes); a tool that found nothing writes an empty result, not an empty file`,
      {
        code: `${noun}.empty`,
      },
    );
}

/** The same stream, but its first chunk is there already: a body that is empty throws before anything is done with it. */
export async function started(content: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = content[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* rest(): AsyncIterable<Uint8Array> {
    try {
      if (!first.done) yield first.value;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  return rest();
}

/** The media type that content is kept with. */
export function mediaTypeOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return given.length <= 127 && /^[\w.+-]+\/[\w.+-]+$/.test(given) ? given : 'application/octet-stream';
}

/** Throws InvalidInput for a body that is read whole and would have to be unpacked: only content is taken packed. */
export function refuseEncoded({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): void {
  if (encoding.trim().toLowerCase() === 'identity') return;
  throw new InvalidInput(`content-encoding ${encoding.slice(0, 40)} is not taken here; send the body as it is`, {
    code: 'request.encoding',
  });
}

function decoded(request: IncomingMessage, options: RawBodyOptions): AsyncIterable<Uint8Array> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return received(request, options);
  if (encoding === 'gzip' || encoding === 'x-gzip') return unpacked(received(request, options), options);
  throw new InvalidInput(
    `content-encoding ${encoding.slice(0, 40)} is not taken; send the ${options.noun} as it is or as gzip`,
    {
      code: `${options.noun}.encoding`,
    },
  );
}

// A client that goes in the middle must not leave half a report that looks like a whole one.
async function* received(request: IncomingMessage, { noun }: RawBodyOptions): AsyncIterable<Uint8Array> {
  try {
    yield* request;
  } catch (cause) {
    throw new InvalidInput(`the ${noun} was cut off before its end; send it again`, { code: `${noun}.cut-off`, cause });
  }
}

async function* unpacked(packed: AsyncIterable<Uint8Array>, options: RawBodyOptions): AsyncIterable<Uint8Array> {
  let given = 0;
  let made = 0;
  const counted = async function* (source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of source) {
      given += chunk.byteLength;
      yield chunk;
    }
  };
  const output = new PassThrough();
  const work = pipeline(packed, counted, createGunzip(), output);
  // Seen below: a broken stream ends the reading of `output` with the same error.
  work.catch(() => {});
  try {
    for await (const chunk of output as AsyncIterable<Uint8Array>) {
      made += chunk.byteLength;
      if (made > freeExpansionBytes && made > given * maxExpansion)
        throw new InvalidInput(
          `the ${options.noun} unpacks to more than ${maxExpansion} times its size; send it without gzip`,
          { code: `${options.noun}.too-large` },
        );
      yield chunk;
    }
    await work;
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code ?? '').startsWith('Z_'))
      throw new InvalidInput(`the ${options.noun} is not the gzip that its content-encoding says`, {
        code: `${options.noun}.encoding`,
        cause: error,
      });
    throw error;
  }
}

function tooLarge({ noun, maxBytes }: RawBodyOptions): InvalidInput {
  return new InvalidInput(`the ${noun} is longer than the ${maxBytes} bytes that are taken here`, {
    code: `${noun}.too-large`,
  });
}

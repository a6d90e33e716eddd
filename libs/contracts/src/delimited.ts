// Messages one behind the other, each with its length before it as a varint: how protobuf's own libraries write several
// into one file (writeDelimitedTo). An empty one says nothing but that the writer is still there.
import { InvalidInput } from './errors.ts';

export const delimitedMediaType = 'application/x-protobuf-delimited';

/** A message with its length before it. */
export function withLength(message: Uint8Array): Uint8Array {
  const head: number[] = [];
  let rest = message.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
  head.push(rest);
  const bytes = new Uint8Array(head.length + message.length);
  bytes.set(head);
  bytes.set(message, head.length);
  return bytes;
}

/**
 * The messages of a stream, empty ones left out. Throws InvalidInput "delimited.too-large" for one of more than
 * `maxBytes`, "delimited.truncated" when the stream ends inside one.
 */
export async function* readDelimited(
  source: AsyncIterable<Uint8Array>,
  { maxBytes }: { maxBytes: number },
): AsyncGenerator<Uint8Array> {
  let length = 0;
  let shift = 0;
  let isInside = false;
  let parts: Uint8Array[] = [];
  let missing = 0;
  for await (const chunk of source) {
    let at = 0;
    while (at < chunk.length) {
      if (!isInside) {
        const byte = chunk[at++] ?? 0;
        length += (byte & 127) * 2 ** shift;
        shift += 7;
        if (length > maxBytes || shift > 35) throw tooLarge(maxBytes);
        if (byte > 127) continue;
        isInside = length > 0;
        missing = length;
        length = shift = 0;
        continue;
      }
      const part = chunk.subarray(at, at + missing);
      at += part.length;
      missing -= part.length;
      // Copied: a source may use its chunk again.
      parts.push(Uint8Array.from(part));
      if (missing > 0) continue;
      yield parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
      parts = [];
      isInside = false;
    }
  }
  if (isInside || shift > 0)
    throw new InvalidInput('the messages end in the middle of one; read them again', { code: 'delimited.truncated' });
}

function tooLarge(maxBytes: number): InvalidInput {
  return new InvalidInput(`a message is longer than the ${maxBytes} bytes that are taken here`, {
    code: 'delimited.too-large',
  });
}

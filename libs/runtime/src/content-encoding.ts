// Payloads that travel compressed, said by the header content-encoding as in HTTP (RFC 9110, section 8.4).
import { constants, gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { InvalidInput } from '@assay/contracts';

/** Smaller payloads travel as they are: what is saved is less than what it costs. Bytes. */
const minCompressedBytes = 4096;
/** Most bytes that a payload may become: what is sent small may be made to burst. */
const maxDecodedBytes = 64 * 1024 * 1024;

/** Level 1: findings become a sixth to a tenth, at 0.7 GB/s; higher levels cost more than they save. */
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The payload as it travels, and its content-encoding. */
export function encodeContent(payload: Uint8Array): { payload: Uint8Array; encoding?: 'zstd' } {
  if (payload.length < minCompressedBytes) return { payload };
  return { payload: zstdCompressSync(payload, options), encoding: 'zstd' };
}

/** Throws InvalidInput "event.content-encoding" for an encoding that is not known or broken, or that grows too far. */
export function decodeContent(payload: Uint8Array, encoding: string | undefined, where: string): Uint8Array {
  if (!encoding || encoding === 'identity') return payload;
  const decode = encoding === 'zstd' ? zstdDecompressSync : encoding === 'gzip' ? gunzipSync : undefined;
  if (!decode) {
    throw new InvalidInput(
      `content encoding ${JSON.stringify(encoding.slice(0, 40))} on ${where} is not known: send zstd, gzip or none`,
      { code: 'event.content-encoding' },
    );
  }
  try {
    return decode(payload, { maxOutputLength: maxDecodedBytes });
  } catch (cause) {
    throw new InvalidInput(
      `the payload on ${where} is no ${encoding}, or has more than ${maxDecodedBytes} bytes when it is unpacked`,
      { code: 'event.content-encoding', cause },
    );
  }
}

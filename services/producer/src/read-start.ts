// The first bytes of a report, without the rest being read.
import type { Report } from './adapter.ts';

/** The first `bytes` bytes as text, without a byte order mark; a character cut in two at the end does no harm. */
export async function readStart(report: Report, bytes: number): Promise<string> {
  return textOfStart(await readStartBytes(report, bytes));
}

/** The first `bytes` bytes, or all there are. */
export async function readStartBytes(report: Report, bytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of report.open()) {
    // Copied, which slice of a Buffer is not: a source may use its chunk again.
    const part = Buffer.from(chunk.subarray(0, bytes - length));
    parts.push(part);
    length += part.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(parts);
}

/** The text of a report's first bytes. */
export function textOfStart(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

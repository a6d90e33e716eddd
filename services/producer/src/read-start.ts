// The first bytes of a report, without the rest being read.
import type { Report } from './adapter.ts';

/** The first `bytes` bytes as text, without a byte order mark; a character cut in two at the end does no harm. */
export async function readStart(report: Report, bytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of report.open()) {
    // Copied: a source may use its chunk again.
    const part = chunk.slice(0, bytes - length);
    parts.push(part);
    length += part.length;
    if (length >= bytes) break;
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

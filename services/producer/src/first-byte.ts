// What a report begins with, for formats that come as JSON or as something else.
import type { Report } from './adapter.ts';

/** The first character that is neither white space nor a byte order mark; "" when there is none in its first 64 KiB. */
export async function firstCharacter(report: Report): Promise<string> {
  let seen = 0;
  for await (const chunk of report.open()) {
    for (const byte of chunk) {
      const isBlank =
        byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf;
      if (!isBlank) return String.fromCharCode(byte);
      if (++seen >= 64 * 1024) return '';
    }
  }
  return '';
}

// A report changed at random places, with no regard for what it is.
import type { Random } from './random.ts';
import { hostileValues } from './values.ts';

const pieces: readonly Buffer[] = [
  ...hostileValues.map((value) => Buffer.from(value)),
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '<',
    '>',
    '</',
    '&',
    ']]>',
    '<![CDATA[',
    '<!--',
    '&#0;',
    '\n',
    '\r\n',
  ].map((text) => Buffer.from(text)),
  Buffer.from([0]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  // Of protobuf: a length far beyond the end, a group, a number of more bytes than there may be.
  Buffer.from([0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.from([0x1b, 0x1b, 0x1b, 0x1c]),
  Buffer.alloc(11, 0xff),
];

/** `other` is a report that parts are taken from. */
export function mutated(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(result.length + 1);
    const length = random.below(random.of([2, 16, 256, 4096]));
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    switch (random.below(6)) {
      case 0:
        result = Buffer.concat([before, random.of(pieces), after]);
        break;
      case 1:
        result = Buffer.concat([before, random.of(pieces), after.subarray(length)]);
        break;
      case 2:
        result = Buffer.concat([before, after.subarray(length)]);
        break;
      case 3:
        result = Buffer.concat([before, after.subarray(0, length), after]);
        break;
      case 4: {
        const from = random.below(other.length + 1);
        result = Buffer.concat([before, other.subarray(from, from + length), after]);
        break;
      }
      default:
        result = Buffer.from(result);
        if (at < result.length) result[at] = random.below(256);
    }
  }
  return result;
}

// Text from elsewhere, made safe to show: a report must not move the cursor, colour the screen or reorder a line.

// Controls (C0, DEL, C1), line separators, the marks that reorder or hide text (Unicode TR 36, "Trojan Source"; all of Cf
// but the joiners, which scripts and emoji need), and letters that show nothing.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|(?![\u200c\u200d])\p{Cf}/gu;

/** One line: blanks for tabs and line ends, `\x1b` for what a terminal would obey. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\n\r]+/g, ' ')
    .replace(unsafe, spell);
}

/** Several lines, their ends kept; everything else as in `oneLine`. */
export function manyLines(text: string): string {
  return text.toWellFormed().split(/\r?\n/).map(oneLine).join('\n');
}

/** JSON in which no character can act on a terminal: JSON.stringify leaves DEL, C1 and bidi marks as they are. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unsafe, (character) =>
    character === '\n' ? character : character.split('').map(unicode).join(''),
  );
}

function spell(character: string): string {
  if (character.charCodeAt(0) < 0x100) return `\\x${hex(character, 2)}`;
  return character.length === 1 ? unicode(character) : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function unicode(unit: string): string {
  return `\\u${hex(unit, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

const plain = /^[\x20-\x7e]*$/;
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
// East Asian Wide and Fullwidth (Unicode TR 11), by the blocks that hold them, and emoji shown as pictures.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const segmenter = new Intl.Segmenter();

/** Columns that a terminal needs for a line. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += widthOfSegment(segment);
  return width;
}

/** The text in at most `width` columns, with "…" where something is left out: at its end, or at its start. */
export function fit(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  const segments = Array.from(segmenter.segment(text), ({ segment }) => segment);
  if (keep === 'end') segments.reverse();
  const kept: string[] = [];
  let room = width - 1;
  for (const segment of segments) {
    room -= widthOfSegment(segment);
    if (room < 0) break;
    kept.push(segment);
  }
  return keep === 'start' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`;
}

function widthOfSegment(segment: string): number {
  if (zeroWidth.test(segment)) return 0;
  return wide.test(segment) ? 2 : 1;
}

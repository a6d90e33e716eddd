// Texts of findings where there is little room.

/** At most `most` characters in one line; what is cut ends in "…". Control and invisible format characters are blanks. */
export function shorten(text: string, most: number): string {
  const line = inOneLine(text);
  if (line.length <= most) return line;
  // Not between the halves of a character.
  return `${line
    .slice(0, most - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}

function inOneLine(text: string): string {
  // Far more than anybody shows, and less than it takes long to look through.
  return text
    .slice(0, 100_000)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
}

/** At most `most` characters, its lines kept; control characters but tab and line end are blanks. */
export function shortenLines(text: string, most: number): string {
  const kept = text
    .slice(0, most * 2)
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, ' ');
  if (kept.length <= most && text.length <= most * 2) return kept;
  return `${kept
    .slice(0, most - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}

// A title is one line.

/** Longest title. Characters. */
const maxTitle = 200;

/** The first line of a text; its first sentence where that line is long. */
export function titleOf(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/, 1);
  if (line.length <= maxTitle) return line;
  const sentence = /^.{20,199}?[.!?](?= )/.exec(line);
  return sentence ? sentence[0] : `${line.slice(0, maxTitle - 1)}…`;
}

// A title is one line. It is not cut here: a secret that is cut in two is no longer recognised as one.

/** From which length a line is worth shortening. Characters. */
const longLine = 200;

/** The first line of a text; its first sentence where that line is long and has one. */
export function titleOf(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/, 1);
  if (line.length <= longLine) return line;
  return /^.{20,199}?[.!?](?= )/.exec(line)?.[0] ?? line;
}

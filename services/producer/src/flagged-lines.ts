// The lines a tool points at: what identity is made of and what people see of the source. Nothing around them is
// published, and of a very long line (minified code) only the part around the columns.

/** Longest text given; a snippet holds 2 KiB. Characters. */
const maxChars = 2000;
/** Kept on both sides of the columns of a line that is too long. Characters. */
const margin = 80;

export interface Span {
  startLine: number;
  /** 0: the start's. */
  endLine?: number;
  /** From 1; 0: unknown. */
  startColumn?: number;
  endColumn?: number;
}

/** Lines of a whole source, from 1. */
export function flaggedLines(lines: readonly string[], span: Span): string {
  if (span.startLine < 1 || span.startLine > lines.length) return '';
  const last = Math.max(span.startLine, span.endLine ?? 0);
  const flagged = lines.slice(span.startLine - 1, last);
  return shorten(flagged, span);
}

/**
 * Lines of an excerpt in which each stands behind its number: "163: func …" (gosec), "163 def …" (bandit). The
 * flagged ones without their numbers; the whole excerpt when it is not numbered so.
 */
export function numberedLines(excerpt: string, span: Span): string {
  const last = Math.max(span.startLine, span.endLine ?? 0);
  const flagged: string[] = [];
  let isNumbered = false;
  for (let start = 0; start < excerpt.length; ) {
    const newline = excerpt.indexOf('\n', start);
    const end = newline < 0 ? excerpt.length : newline;
    // Digit by digit: a pattern for each line costs three times as much, and this is on the way of every finding.
    let at = start;
    let number = 0;
    for (let code = excerpt.charCodeAt(at); code >= 0x30 && code <= 0x39; code = excerpt.charCodeAt(at)) {
      number = number * 10 + code - 0x30;
      at++;
    }
    if (at > start && at <= end) {
      isNumbered = true;
      if (number >= span.startLine && number <= last) {
        if (excerpt[at] === ':') at++;
        if (excerpt[at] === ' ') at++;
        flagged.push(excerpt.slice(Math.min(at, end), end));
      }
    }
    start = end + 1;
  }
  return isNumbered ? shorten(flagged, span) : excerpt.slice(0, maxChars);
}

function shorten(lines: readonly string[], span: Span): string {
  const whole = lines.length === 1 ? (lines[0] ?? '') : lines.join('\n');
  if (whole.length <= maxChars) return whole;
  const first = lines[0] ?? '';
  const startColumn = span.startColumn ?? 0;
  if (first.length <= maxChars / 2 || startColumn === 0) return whole.slice(0, maxChars);
  const endColumn = lines.length === 1 ? Math.max(span.endColumn ?? 0, startColumn) : startColumn;
  const start = Math.max(0, startColumn - 1 - margin);
  return first.slice(start, Math.min(endColumn + margin, start + maxChars));
}

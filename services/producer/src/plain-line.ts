// Words of a report that people see as they are: notes, the tool's name. In a terminal, a log or a header they must not
// do anything.
import { redacted, replaceSecrets } from '@assay/contracts/secret-patterns';

/** All that moves a cursor, colours, hides or turns a text round, and halves of characters. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** One line of at most so many characters, without control characters. */
export function plainLine(text: string, maxChars: number): string {
  const line = text.replace(/\s+/g, ' ').replace(unprintable, '').trim();
  return line.slice(0, maxChars).toWellFormed();
}

/** A word of a report in a sentence about it: what is wrong with a report reaches logs and people before any redactor. */
export function quoted(text: string, maxChars = 40): string {
  return plainLine(
    replaceSecrets(text.slice(0, 4096), () => redacted),
    maxChars,
  );
}

// What must not be seen of a check. Its lines are the whole resource, with the keys and the people in it; what looks like
// a key is hidden everywhere.
import { keyLinesOf, literalsOf } from '../../redact.ts';

/** "Ensure no hard-coded secrets exist in EC2 user data", "… no sensitive credentials are exposed in VM custom_data". */
export function isAboutSecrets(checkName: string): boolean {
  return /hard.?coded|credentials are exposed/i.test(checkName);
}

// Owners and authors stand in tags and comments. "git@host" is how a repository is named.
const address = /(?<![\w.%+-])(?!git@)[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g;

/** The lines of private keys, and people's addresses. */
export function keysAndPeopleIn(code: string, comment: string): string[] {
  const found = [...keyLinesOf(code)];
  for (const text of [code, comment]) for (const [value] of text.matchAll(address)) found.push(value);
  return found;
}

// Checkov masks the end of a secret that it found, and shows how it begins: "AKIAI**********".
const masked = /(?<![^\s"'`=:,*])[^\s"'`=:,*]{0,4096}\*{6,128}/g;

/** What the lines of a secret that Checkov found may still show of it. */
export function maskedIn(code: string): string[] {
  return [...literalsOf(code), ...[...code.matchAll(masked)].map(([value]) => value)];
}

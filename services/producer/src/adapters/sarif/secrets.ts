// Which results show a secret, and which of their words are it: those never leave the producer in clear.
import { exposedCredentials } from '../../credential-weaknesses.ts';
import { literalsOf } from '../../redact.ts';
import type { Rule } from './rules.ts';

const secretWords = /secret|passw(or)?d|passphrase|credential|token|api.?key|private.?key/i;

/** Whether the rule looks for secrets, by its id, name, tags and weaknesses. */
export function isAboutSecrets(ruleId: string, rule: Rule | undefined): boolean {
  if (secretWords.test(ruleId)) return true;
  if (!rule) return false;
  return (
    secretWords.test(rule.name) ||
    rule.tags.some((tag) => secretWords.test(tag)) ||
    rule.cwes.some((cwe) => exposedCredentials.has(cwe))
  );
}

/** How much of a text is searched for quoted values: text made of quotes costs the square of it. Characters. */
const maxSearched = 4096;

/** What a tool writes in place of a secret. */
const masked = /^(\*+|x+|redacted|\[redacted\]|<redacted>|\.+)$/i;

/**
 * The values to hide of a result that shows a secret: the snippet as a whole, as nobody says which part of it is the
 * secret; what is quoted in the message; and what of the snippet the message repeats. Longest first.
 */
export function secretsOf(message: string, snippet: string): string[] {
  const found = new Set([snippet.trim(), ...literalsOf(message.slice(0, maxSearched))]);
  for (const value of literalsOf(snippet.slice(0, maxSearched))) if (message.includes(value)) found.add(value);
  // A snippet that is one quoted value may show without its quotes elsewhere.
  found.add(snippet.trim().replace(/^(["'`])(.*)\1$/s, '$2'));
  return [...found].filter((value) => value.length > 1 && !masked.test(value)).sort((a, b) => b.length - a.length);
}

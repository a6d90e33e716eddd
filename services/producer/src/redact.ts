// Secrets out of every text before anything leaves the producer. A secret has two stand-ins: what people see, and what
// identity is made of: a keyed hash, so that two secrets in one place stay two findings and nobody can try values.
import { createHmac } from 'node:crypto';
import { keyEnd, privateKey, redacted, replaceSecrets } from '@assay/contracts/secret-patterns';
import { mayHoldSecret } from './may-secret.ts';

export { redacted };

/** A secret shorter than this is replaced only where it stands alone: it may be a letter of any word. Characters. */
const minAnywhere = 4;

/** More secrets of one finding, or a longer one, are not looked for: the finding is shown without its texts. */
export const maxSecrets = 256;
export const maxSecretChars = 16 * 1024;

/** Of a longer text only so much is looked at, and nothing behind it shown. Characters. */
export const maxLookedAt = 64 * 1024;

/** How many short texts are remembered: titles and descriptions come again and again. */
const maxRemembered = 2048;

export class Redactor {
  readonly #key: string;
  readonly #seen = new Map<string, string>();

  /** `identityKey` is a secret of the installation; the same for all producers, or identities differ. */
  constructor(identityKey: string) {
    this.#key = identityKey;
  }

  /** Whether a text is what it was, for people and for identity: asked once where it serves both. */
  isClean(text: string): boolean {
    return !mayHoldSecret(text);
  }

  /** The text for people; of a long one its start. */
  shown(text: string, secrets: readonly string[] = []): string {
    if (text.length > maxLookedAt) return startOf(text, (start) => this.shown(start, secrets));
    if (secrets.length === 0 && !mayHoldSecret(text)) return text;
    return replace(text, secrets, () => redacted);
  }

  /** The same for short texts that come again and again: titles, addresses. */
  shownOften(text: string, secrets: readonly string[] = []): string {
    if (secrets.length > 0 || text.length > 512) return this.shown(text, secrets);
    const known = this.#seen.get(text);
    if (known !== undefined) return known;
    const result = this.shown(text);
    if (this.#seen.size >= maxRemembered) this.#seen.clear();
    this.#seen.set(text, result);
    return result;
  }

  /** An address or a package URL for people: also what is percent-encoded in it. */
  shownAddress(text: string, secrets: readonly string[] = []): string {
    const shown = this.shownOften(text, secrets);
    if (!shown.includes('%')) return shown;
    const found: string[] = [];
    const plain = decoded(shown);
    if (secrets.length === 0 && this.isClean(plain)) return shown;
    replace(plain, secrets, (value) => {
      found.push(value);
      return redacted;
    });
    if (found.length === 0) return shown;
    const result = this.shown(shown, found);
    const left = decoded(result);
    return this.shown(left, secrets) === left ? result : redacted;
  }

  /** The text for identity: every secret is its keyed hash. */
  hashed(text: string, secrets: readonly string[] = []): string {
    if (text.length > maxLookedAt) return startOf(text, (start) => this.hashed(start, secrets));
    if (secrets.length === 0 && !mayHoldSecret(text)) return text;
    return replace(text, secrets, (value) => this.#standIn(value));
  }

  #standIn(value: string): string {
    return `\u0001${createHmac('sha256', this.#key).update(value).digest('hex').slice(0, 32)}\u0001`;
  }
}

/**
 * Values of the string literals in a piece of code: what to hide where a tool says "hard-coded credential" but not
 * which part of the line it means.
 */
export function literalsOf(code: string): string[] {
  const literals: string[] = [];
  // Of a longer text nothing is shown behind this; and a pattern that repeats a choice has only so much of a stack.
  const start = code.slice(0, maxLookedAt);
  for (const match of start.matchAll(/"((?:\\.|[^"\\\n])+)"|'((?:\\.|[^'\\\n])+)'|`([^`]+)`/g))
    literals.push(match[1] ?? match[2] ?? match[3] ?? '');
  return literals;
}

/** Of a long key this many lines are looked for; no private key has more. */
const maxKeyLines = 256;

/**
 * The lines of the private keys in a longer text, a file or an excerpt: one that is shown alone no longer looks like a
 * part of a key.
 */
export function keyLinesOf(text: string): readonly string[] {
  if (!text.includes('PRIVATE KEY')) return noLines;
  const lines: string[] = [];
  for (const [key] of text.matchAll(privateKey)) {
    // Behind a beginning without an end comes the rest of the file: a long name is no line of a key.
    const long = keyEnd.test(key) ? /[A-Za-z0-9+/=]{16,}/g : /[A-Za-z0-9+/=]{48,}/g;
    for (const [line] of key.matchAll(long)) if (lines.length < maxKeyLines) lines.push(line);
  }
  return lines;
}

const noLines: readonly string[] = [];

// What is left of a secret that is cut in two is at the end, and is not recognised: it is left out. Copied, as a part of
// a text keeps all of it in memory.
function startOf(text: string, replaced: (start: string) => string): string {
  return Buffer.from(replaced(text.slice(0, maxLookedAt)).slice(0, -maxSecretChars)).toString();
}

function replace(text: string, secrets: readonly string[], standIn: (value: string) => string): string {
  let result = text;
  // Longest first: one secret may be part of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    result = replaceSecret(result, secret, standIn);
  return replaceSecrets(result, standIn);
}

// Piece by piece: elsewhere a "%" may stand for itself.
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (piece) => {
    try {
      return decodeURIComponent(piece);
    } catch {
      return piece;
    }
  });
}

function replaceSecret(text: string, secret: string, standIn: (value: string) => string): string {
  if (secret === '' || secret === redacted) return text;
  let result = text;
  for (const form of formsOf(secret)) {
    if (!result.includes(form)) continue;
    result =
      form.length >= minAnywhere
        ? result.replaceAll(form, () => standIn(secret))
        : result.replace(new RegExp(`(?<!\\w)${literally(form)}(?!\\w)`, 'g'), () => standIn(secret));
  }
  return result;
}

// As it is, as it stands in a string of JSON or code, and as in a URL.
function formsOf(secret: string): Set<string> {
  const forms = new Set([secret, JSON.stringify(secret).slice(1, -1)]);
  if (secret.isWellFormed()) forms.add(encodeURIComponent(secret));
  return forms;
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

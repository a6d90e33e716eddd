// CODEOWNERS files as GitHub reads them: which line owns a path. Pure; the step and `assay explain owner` call it.
// https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
import { InvalidInput } from '@assay/contracts';
import { compilePattern, matches, type Pattern } from './pattern.ts';

/** GitHub does not load a CODEOWNERS file of 3 MB or more. Bytes. */
export const maxCodeownersBytes = 3 * 1024 * 1024;

export interface Rule {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly pattern: Pattern;
  /** "@user", "@org/team" or an e-mail address; none: nobody owns what matches. */
  readonly owners: readonly string[];
}

export interface Codeowners {
  /** In the file's order; the last that matches decides. */
  readonly rules: readonly Rule[];
  /** Lines with invalid syntax, which GitHub skips. */
  readonly skipped: readonly { line: number; reason: string }[];
}

/** Who owns a path. */
export interface Ownership {
  readonly owners: readonly string[];
  /** The line that decides; null when none matches. */
  readonly line: number | null;
}

/** Throws InvalidInput "codeowners.too-large" for a file that GitHub would not load. */
export function parseCodeowners(text: string): Codeowners {
  const size = Buffer.byteLength(text);
  if (size >= maxCodeownersBytes) {
    throw new InvalidInput(
      `the CODEOWNERS file has ${size} bytes; GitHub loads only files under 3 MB. Merge lines by wildcards.`,
      { code: 'codeowners.too-large' },
    );
  }
  const rules: Rule[] = [];
  const skipped: { line: number; reason: string }[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((source, index) => {
      const line = index + 1;
      const rule = parseLine(source);
      if (typeof rule === 'string') skipped.push({ line, reason: rule });
      else if (rule) rules.push({ line, ...rule });
    });
  return { rules, skipped };
}

/** The owners of a path relative to the repository's root, with "/". Case matters, as on GitHub. */
export function ownersOf({ rules }: Codeowners, path: string): Ownership {
  const segments = path.replace(/^(?:\.?\/)+/, '').split('/');
  for (let index = rules.length - 1; index >= 0; index--) {
    const rule = rules[index];
    if (rule && matches(rule.pattern, segments)) return { owners: rule.owners, line: rule.line };
  }
  return { owners: [], line: null };
}

/** Undefined for a blank line or a comment, a sentence for what GitHub skips. */
function parseLine(source: string): { pattern: Pattern; owners: string[] } | string | undefined {
  // A "#" ends the line wherever it stands: escaping it is the first documented exception from gitignore's rules.
  const comment = source.indexOf('#');
  const content = (comment < 0 ? source : source.slice(0, comment)).trimStart();
  if (content.trim() === '') return undefined;
  const end = patternEnd(content);
  const pattern = compilePattern(content.slice(0, end));
  if (typeof pattern === 'string') return pattern;
  const owners = content
    .slice(end)
    .split(/[ \t\r]+/)
    .filter((owner) => owner !== '');
  const invalid = owners.find((owner) => !isOwner(owner));
  if (invalid !== undefined) return `"${invalid.slice(0, 80)}" is no @user, @org/team or e-mail address`;
  return { pattern, owners: [...new Set(owners)] };
}

/** Where the pattern ends: at the first white space without a backslash before it. */
function patternEnd(content: string): number {
  for (let at = 0; at < content.length; at++) {
    const char = content.charAt(at);
    if (char === '\\') at++;
    else if (char === ' ' || char === '\t' || char === '\r') return at;
  }
  return content.length;
}

const ownerForms = [
  /^@[a-z0-9_-]+$/i,
  /^@[a-z0-9-]+\/[a-z0-9_.-]+$/i,
  /^[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.[a-z]{2,24}$/i,
];

function isOwner(text: string): boolean {
  return text.length <= 320 && ownerForms.some((form) => form.test(text));
}

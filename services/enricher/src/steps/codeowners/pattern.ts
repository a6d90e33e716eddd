// CODEOWNERS patterns: gitignore's rules but for "!", "[ ]" and an escaped leading "#", which GitHub does not know.
// Matched without regular expressions: a pattern comes from outside, and every match must end in linear time.
// https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners

const star = Symbol('*');
const one = Symbol('?');
const anyDepth = Symbol('**');

/** A segment without wildcards is its text. */
type Segment = string | readonly (string | typeof star | typeof one)[] | typeof anyDepth;

export interface Pattern {
  readonly segments: readonly Segment[];
  /**
   * What may follow the segments in a path: nothing ("docs/*" is direct children only), at least one segment
   * ("docs/" is what is in the folder) or anything ("docs" is the file and what is in the folder).
   */
  readonly below: 'end' | 'within' | 'any';
}

/** The pattern, or a sentence that says why GitHub skips it. */
export function compilePattern(text: string): Pattern | string {
  if (text.startsWith('!')) return 'negation with "!" is not supported';
  const unsupported = /^(?:[^\\[\]{}~]|\\.)*([[\]{}~])/.exec(text)?.[1];
  if (unsupported) return `"${unsupported}" is not supported; escape it with "\\" when it is part of a name`;
  if (text.includes('***')) return 'more than two "*" in a row are not supported';
  if (/(?<!\\)(?:\\\\)*\\$/.test(text)) return 'ends in an unfinished escape';
  const parts = text.split('/');
  const isFolder = parts.length > 1 && parts.at(-1) === '';
  if (isFolder) parts.pop();
  // Only a slash before the last character ties a pattern to the root: "apps/" is any folder of that name.
  const isAnchored = parts.length > 1;
  if (parts[0] === '') parts.shift();
  if (parts.length === 0 || parts.includes('')) return `"${text}" never matches anything; "*" matches everything`;
  if (!isAnchored && parts[0] !== '**') parts.unshift('**');
  if (isFolder) return { segments: parts.map(compileSegment), below: 'within' };
  if (parts.at(-1) === '**') return { segments: parts.slice(0, -1).map(compileSegment), below: 'within' };
  return { segments: parts.map(compileSegment), below: parts.at(-1) === '*' ? 'end' : 'any' };
}

function compileSegment(text: string): Segment {
  if (text === '**') return anyDepth;
  const tokens: (string | typeof star | typeof one)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') tokens.push(text.charAt(++at));
    else if (char === '?') tokens.push(one);
    else if (char !== '*') tokens.push(char);
    else if (tokens.at(-1) !== star) tokens.push(star);
  }
  return tokens.every((token) => typeof token === 'string') ? tokens.join('') : tokens;
}

/** Whether a path, split at "/", matches. */
export function matches({ segments, below }: Pattern, path: readonly string[]): boolean {
  // Where to go on after a mismatch: behind the last "**", one path segment further. Earlier ones need no second try.
  let retrySegment = -1;
  let retryPath = 0;
  for (let segment = 0, at = 0; ; ) {
    const expected = segments[segment];
    const name = path[at];
    if (expected === anyDepth) {
      retrySegment = ++segment;
      retryPath = at;
      continue;
    }
    if (expected === undefined) {
      if (below === 'any' || (below === 'end') === (name === undefined)) return true;
    } else if (name !== undefined && matchesName(expected, name)) {
      segment++;
      at++;
      continue;
    }
    if (retrySegment < 0 || retryPath >= path.length) return false;
    segment = retrySegment;
    at = ++retryPath;
  }
}

function matchesName(expected: Exclude<Segment, typeof anyDepth>, name: string): boolean {
  if (typeof expected === 'string') return expected === name;
  let retryToken = -1;
  let retryAt = 0;
  for (let token = 0, at = 0; ; ) {
    const wanted = expected[token];
    if (wanted === star) {
      retryToken = ++token;
      retryAt = at;
      continue;
    }
    if (wanted === undefined && at === name.length) return true;
    if (wanted !== undefined && at < name.length && (wanted === one || wanted === name[at])) {
      token++;
      at++;
      continue;
    }
    if (retryToken < 0 || retryAt >= name.length) return false;
    token = retryToken;
    at = ++retryAt;
  }
}

// What secrets look like in text: in findings and in the logs of tools. Matched parts are replaced whole; too much is better than too little.
// Every pattern is linear in the length of the text: no nested repetition, bounded gaps.

export interface SecretPattern {
  readonly pattern: RegExp;
  /** Which group is the secret; the text before and after it stays. 0: all of the match. */
  readonly group: 0 | 1;
}

/** What stands where a secret stood. */
export const redacted = '[redacted]';

// "pass" is a word of its own in most texts, so only where something is assigned to it.
const word =
  '(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|(?:access|account|private|auth|encryption|signing)[_-]?key|credential|(?<![a-z0-9])pass(?=["\'`\\]]{0,3}\\s{0,16}[:=]))';

// Where code takes a value from instead of holding it.
const notCode =
  '(?!(?:os|process|import|var|local|module|data|self|this|cls|config|settings|options|opts|env|args?|params?|props|req|request)\\.)';

/** The end of a private key in PEM whose beginning is cut off; what stands before it is the key. */
export const keyEnd = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----/;

/**
 * True for every text that one of the patterns could match, and for few others: most texts of a report get no further.
 * Keep it in step with the list; a spec checks that.
 */
export const maySecret =
  /-----BEGIN|-----END|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12}|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|hooks\.slack|npm_|pypi-|AIza|ya29\.|[rs]k_(?:live|test)|whsec_|\bsk-|\bSG\.|do[opr]_v1_|\bhf_|shp[a-z]{2}_|-u[ \t]|--user|(?<![a-z0-9])pass["'`\]]{0,3}\s{0,16}[:=]|eyJ|:\/{1,2}[^\s/@]{0,256}@|passw|passphrase|pwd|secret|token|api[_-]?key|(?:access|account|private|auth|encryption|signing)[_-]?key|credential|bearer|basic\s/i;

/** A private key in PEM; its end may be cut off. */
export const privateKey =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|$)/g;

export const secretPatterns: readonly SecretPattern[] = [
  { pattern: privateKey, group: 0 },
  // Amazon access key ids.
  { pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, group: 0 },
  // GitHub, GitLab, Slack, npm, PyPI, Google, Stripe, OpenAI and the like, SendGrid.
  { pattern: /\bgh[pousr]_[A-Za-z0-9]{30,255}/g, group: 0 },
  { pattern: /\bgithub_pat_[A-Za-z0-9_]{20,255}/g, group: 0 },
  { pattern: /\bgl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{16,255}/g, group: 0 },
  { pattern: /\bxox[a-z]-[A-Za-z0-9-]{10,255}/g, group: 0 },
  { pattern: /hooks\.slack\.com\/(?:services|workflows)\/([A-Za-z0-9+/_-]{20,255})/g, group: 1 },
  { pattern: /\bnpm_[A-Za-z0-9]{30,64}/g, group: 0 },
  { pattern: /\bpypi-[A-Za-z0-9_-]{40,1024}/g, group: 0 },
  { pattern: /\bAIza[A-Za-z0-9_-]{30,64}/g, group: 0 },
  { pattern: /\bya29\.[A-Za-z0-9_-]{20,1024}/g, group: 0 },
  { pattern: /\b(?:[rs]k_(?:live|test)_|whsec_)[A-Za-z0-9]{10,255}/g, group: 0 },
  { pattern: /\bsk-[A-Za-z0-9_-]{20,255}/g, group: 0 },
  { pattern: /\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}/g, group: 0 },
  // DigitalOcean, Hugging Face, Shopify.
  { pattern: /\bdo[opr]_v1_[A-Za-z0-9]{32,255}/g, group: 0 },
  { pattern: /\bhf_[A-Za-z0-9]{30,255}/g, group: 0 },
  { pattern: /\bshp(?:at|ca|pa|ss)_[A-Za-z0-9]{32,255}/g, group: 0 },
  // JSON Web Tokens: header and payload are base64url of "{\"".
  { pattern: /\beyJ[A-Za-z0-9_-]{6,4096}\.eyJ[A-Za-z0-9_-]{6,16384}(?:\.[A-Za-z0-9_-]{0,2048})?/g, group: 0 },
  // scheme://user:password@host; one slash less where it went through something that tidies paths.
  { pattern: /:\/{1,2}[^\s:@/"'`]{0,256}:([^\s@/"'`]{1,256})@/g, group: 1 },
  { pattern: /\b(?:bearer|basic)\s{1,8}([A-Za-z0-9+/=._~-]{16,4096})/gi, group: 1 },
  // password = "value", 'token': 'value', ("secret", "value"); the name may go on behind the word: token_for_x.
  {
    pattern: new RegExp(
      `${word}[\\w.-]{0,64}["'\`\\]]{0,3}\\s{0,16}(?::=|=>|={1,3}|!={1,2}|:|,)\\s{0,16}[brfuBRFU@$]{0,2}"((?:\\\\.|[^"\\\\\\n]){1,4096})"`,
      'gi',
    ),
    group: 1,
  },
  {
    pattern: new RegExp(
      `${word}[\\w.-]{0,64}["'\`\\]]{0,3}\\s{0,16}(?::=|=>|={1,3}|!={1,2}|:|,)\\s{0,16}[brfuBRFU]{0,2}'((?:\\\\.|[^'\\\\\\n]){1,4096})'`,
      'gi',
    ),
    group: 1,
  },
  {
    pattern: new RegExp(
      `${word}[\\w.-]{0,64}["'\`\\]]{0,3}\\s{0,16}(?::=|=>|={1,3}|!={1,2}|:|,)\\s{0,16}\`([^\`\\n]{1,4096})\``,
      'gi',
    ),
    group: 1,
  },
  // TOKEN=value as in shells and .env files.
  {
    pattern:
      /(?:PASSW(?:OR)?D|PASSPHRASE|PWD|SECRET|TOKEN|API_?KEY|(?:ACCESS|ACCOUNT|PRIVATE|AUTH|ENCRYPTION|SIGNING)_?KEY|CREDENTIALS?|(?<![A-Z0-9])PASS(?==))[A-Z0-9_]{0,64}=([^\s"'`$<>(){},;&]{4,4096})/g,
    group: 1,
  },
  // token=value in a query, password = value in a properties file, password: value in YAML: with a digit, and neither a
  // call nor a member of what usually holds settings, so that code (password = read) is left alone.
  {
    pattern: new RegExp(
      `${word}[\\w.-]{0,64}(?:[ \\t]{0,8}=[ \\t]{0,8}|:[ \\t]{1,8})(?=[^\\s"'\`&#(){}<>$,;[\\]]{0,64}\\d)(?![\\w.!?:-]{0,4096}[([])${notCode}([^\\s"'\`&#(){}<>$,;[\\]]{8,4096})`,
      'gi',
    ),
    group: 1,
  },
  // <password>value</password>
  {
    pattern: new RegExp(
      `<[\\w:.-]{0,64}${word}[\\w.-]{0,64}(?:\\s[^<>]{0,256})?>\\s{0,16}([^<>$\\s][^<>\\n]{0,4096})(?=</)`,
      'gi',
    ),
    group: 1,
  },
  // ENV DB_PASSWORD value in a Dockerfile.
  {
    pattern: new RegExp(
      `\\b(?:ENV|ARG|SETX)[ \\t]{1,8}(?=\\w{0,64}${word})\\w{1,128}[ \\t]{1,8}(?=[^\\s"'$]{0,64}\\d)([^\\s"'$]{4,4096})`,
      'gi',
    ),
    group: 1,
  },
  // --password value, but not --password-file path.
  {
    pattern: new RegExp(
      `(?<![\\w-])--[\\w-]{0,32}${word}(?![\\w-]{0,32}(?:file|path|stdin|name|env))[\\w-]{0,32}[ \\t]{1,8}(?=[^\\s"'\`$<>(){}]{0,64}\\d)([^\\s"'\`$<>(){}-][^\\s"'\`$<>(){}]{3,4096})`,
      'gi',
    ),
    group: 1,
  },
  // curl -u user:password, but not -u 1000:1000 and not -u https://host.
  {
    pattern:
      /(?<![\w-])(?:-u[ \t]{1,8}|--user(?:[ \t]{1,8}|=))["']?[^\s:"'/]{1,128}:(?!\d{1,10}(?![^\s"']))([^\s"'/$][^\s"']{3,255})/g,
    group: 1,
  },
];

/** The text with a stand-in for each secret in it. What is a stand-in already stays. */
export function replaceSecrets(text: string, standIn: (value: string) => string): string {
  if (!maySecret.test(text)) return text;
  let result = text;
  for (const { pattern, group } of secretPatterns) {
    result = result.replace(pattern, (match: string, ...groups: unknown[]) => {
      if (group === 0) return standIn(match);
      const value = groups[0] as string;
      if (isStandIn(value)) return match;
      // The secret is the last thing in the match but for its closing mark.
      const start = match.lastIndexOf(value);
      return match.slice(0, start) + standIn(value) + match.slice(start + value.length);
    });
  }
  return replaceKeyEnds(result, standIn);
}

// By hand: a pattern that looks for the start of what ends here takes quadratic time.
function replaceKeyEnds(text: string, standIn: (value: string) => string): string {
  let result = text;
  for (let match = keyEnd.exec(result); match; match = keyEnd.exec(result)) {
    let start = match.index;
    while (start > 0 && /[A-Za-z0-9+/=\s]/.test(result.charAt(start - 1))) start--;
    const end = match.index + match[0].length;
    result = result.slice(0, start) + standIn(result.slice(start, end)) + result.slice(end);
  }
  return result;
}

// The keyed hashes that identity is made of stand between U+0001.
function isStandIn(value: string): boolean {
  return value.includes(redacted) || value.startsWith('\u0001');
}

// What secrets look like in text. Matched parts are replaced whole; too much is better than too little.
// Every pattern is linear in the length of the text: no nested repetition, bounded gaps.

export interface SecretPattern {
  readonly pattern: RegExp;
  /** Which group is the secret; the text before and after it stays. 0: all of the match. */
  readonly group: 0 | 1;
}

const word =
  '(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|(?:access|private|auth|encryption|signing)[_-]?key|credential)';

/** The end of a private key in PEM whose beginning is cut off; what stands before it is the key. */
export const keyEnd = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----/;

/**
 * True for every text that one of the patterns could match, and for few others: most texts of a report get no further.
 * Keep it in step with the list; a spec checks that.
 */
export const maySecret =
  /-----BEGIN|-----END|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12}|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|hooks\.slack|npm_|pypi-|AIza|ya29\.|[rs]k_(?:live|test)|whsec_|\bsk-|\bSG\.|eyJ|:\/\/[^\s/@]{0,256}@|passw|passphrase|pwd|secret|token|api[_-]?key|(?:access|private|auth|encryption|signing)[_-]?key|credential|bearer|basic\s/i;

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
  // JSON Web Tokens: header and payload are base64url of "{\"".
  { pattern: /\beyJ[A-Za-z0-9_-]{6,4096}\.eyJ[A-Za-z0-9_-]{6,16384}(?:\.[A-Za-z0-9_-]{0,2048})?/g, group: 0 },
  // scheme://user:password@host
  { pattern: /:\/\/[^\s:@/"'`]{0,256}:([^\s@/"'`]{1,256})@/g, group: 1 },
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
      /(?:PASSW(?:OR)?D|PASSPHRASE|PWD|SECRET|TOKEN|API_?KEY|(?:ACCESS|PRIVATE|AUTH|ENCRYPTION|SIGNING)_?KEY|CREDENTIALS?)[A-Z0-9_]{0,64}=([^\s"'`$<>(){},;&]{4,4096})/g,
    group: 1,
  },
  // token=value in a query, password: value in YAML: with a digit, so that code (password=read) is left alone.
  {
    pattern: new RegExp(
      `${word}[\\w.-]{0,64}(?:=|:[ \\t]{1,8})(?=[^\\s"'\`&#(){}<>$,;[\\]]{0,64}\\d)([^\\s"'\`&#(){}<>$,;[\\]]{8,4096})(?![\\w.]*[([])`,
      'gi',
    ),
    group: 1,
  },
];

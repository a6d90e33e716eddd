// What may be shown of a step's output: its end, without anything that looks like a secret. A step's log is for seeing
// why it failed; findings come by the report only.
import { redacted, replaceSecrets } from '@assay/contracts/secret-patterns';

/** Most bytes of a log tail. */
export const maxTailBytes = 4 * 1024;

// A log is not searched for anything, so it may lose more than a finding: these hide what only might be a secret.
const suspicious: readonly RegExp[] = [
  // The user's name goes with the password of scheme://user:password@host.
  /(?<=:\/\/)[^\s/@]{1,256}:[^\s/@]{1,256}(?=@)/g,
  /(?<=\b(?:authorization|bearer|basic|token|password|passwd|secret|api[_-]?key)\b["']?\s*[:=]?\s*["']?)[^\s"',;:=][^\s"',;]{5,}/gi,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-|npm_|pypi-|do[opr]_v1_|hf_|shp[a-z]{2}_)[A-Za-z0-9_-]{8,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,2}/g,
  // Any long run of letters and digits together is more likely a key than a word.
  /(?<![A-Za-z0-9+_/.-])(?=[A-Za-z0-9+_=-]*\d)(?=[A-Za-z0-9+_=-]*[A-Za-z])[A-Za-z0-9+_=-]{32,}/g,
];

/** An output without the given values, without what has a secret's shape and without what acts on a terminal. */
export function readableLog(output: string, secrets: readonly string[]): string {
  let text = output;
  for (const secret of secrets) if (secret.length >= 6) text = text.replaceAll(secret, redacted);
  text = replaceSecrets(text, () => redacted);
  for (const shape of suspicious) text = text.replace(shape, redacted);
  // Terminal colours and other control characters.
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

/** The last of an output, at most 4 KiB, as `readableLog` has it. */
export function logTail(output: string, secrets: readonly string[]): string {
  const text = readableLog(output, secrets);
  const bytes = Buffer.from(text.trim());
  if (bytes.length <= maxTailBytes) return bytes.toString();
  // From the start of a line, so that no character and no replaced word is cut in two.
  const end = bytes.subarray(-maxTailBytes);
  const line = end.indexOf('\n');
  return end
    .subarray(line < 0 ? 0 : line + 1)
    .toString()
    .replace(/^\ufffd+/, '');
}

/** The last line of a tail that says something. */
export function lastLine(tail: string): string {
  return (
    tail
      .split('\n')
      .findLast((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 300) ?? ''
  );
}

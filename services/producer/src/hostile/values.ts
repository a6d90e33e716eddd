// Values that no tool writes. As raw JSON, as much of it cannot be said by JSON.stringify.
import { telling } from './planted.ts';

const json = (text: string) => JSON.stringify(text);

/** Names that mean something to a JavaScript object. */
export const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

/** What attacks those who show a text: a terminal, a page, a spreadsheet, a header, a log; and names of files. */
export const tellingText = `\u001b[31m\u001b]8;;http://evil\u0007 <script>alert(1)</script> ${telling}`;
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  tellingText,
  '\u202egnp.exe\u2066\u200b',
  '=HYPERLINK("http://evil","x")',
  'a\r\nX-Injected: yes\r\n\r\nb',
  'nul\u0000byte',
  '/etc/passwd',
  '../../../../etc/passwd',
  'file:///c:/..%2f..%2fx%zz',
  '\\\\host\\share\\..\\x',
  '%',
  '{0}{1}{2}',
  'pkg:npm/%zz@1?a=b#../..',
  '\ud800 lone',
  '99999999999999999999',
  '-1',
  'NaN',
  ...prototypeNames,
];

/** Raw JSON. */
export const hostileValues: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '1e999',
  '-1e999',
  '18446744073709551616',
  '4294967296',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[{}]',
  '["x"]',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,"length":-1}',
  ...hostileTexts.map(json),
  // What JSON.stringify would not write.
  '"\\ud83d"',
];

/** One of so many is tried at a place in `npm test`, another one at the next; all of them when there is time. */
const every = process.env['ASSAY_FUZZ_SECONDS'] ? 1 : 20;

export function share(all: readonly string[], place: string): string[] {
  const first = [...place].reduce((sum, char) => sum + char.charCodeAt(0), 0);
  return all.filter((value, at) => value === tellingText || value === json(tellingText) || (first + at) % every === 0);
}

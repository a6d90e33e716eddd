// Whether a text is worth asking whether it holds a secret: asked of every text of every finding, so it looks at each
// character once, in a seventh of the time of the pattern that decides. Three characters of what a secret is known by
// are enough to ask: one too many costs a look, and none may be missed.
import { maySecret } from '@assay/contracts/secret-patterns';

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** In each alternative of `maySecret`; a set in brackets is one of its characters. A spec compares them. */
const marks = [
  '---',
  '[ksb]ia',
  'cca',
  'h[pousr]_',
  'b_p',
  `gl[${letters}]`,
  'xox',
  '.sl',
  'pm_',
  'pi-',
  'aiz',
  'ya2',
  'k_[lt]',
  'whs',
  'sk-',
  'sg.',
  '_v1',
  'hf_',
  'shp',
  '-u[ \t]',
  '--u',
  'pas',
  'pwd',
  'eyj',
  'ecr',
  'tok',
  'api',
  'ssk',
  'ntk',
  'tek',
  'thk',
  'onk',
  'ngk',
  '[stehng][_-]k',
  'ede',
  'bea',
  'sic',
];

/** Characters in 32 classes: letters each in its own, in either case. */
const classes = new Uint8Array(128).fill(31);
for (let at = 0; at < letters.length; at++)
  for (const each of [letters, letters.toUpperCase()]) classes[each.charCodeAt(at)] = at + 1;
for (const [character, own] of Object.entries({ '-': 27, _: 28, '.': 29, '/': 29, ':': 30, ' ': 0, '\t': 0 }))
  classes[character.charCodeAt(0)] = own;
/** Those beyond ASCII. */
const foreign = 31;

const isMark = new Uint8Array(32 ** 3);
for (const mark of marks) for (const each of eachOf(mark)) isMark[keyOf(each)] = 1;
// "://user:password@": what follows may be anything.
for (let any = 0; any < 32; any++) isMark[(keyOf('::/') & 0x3ff) * 32 + any] = 1;

function* eachOf(mark: string): Iterable<string> {
  const [, before = '', set, behind = ''] = /^([^[]*)\[(.+?)\](.*)$/s.exec(mark) ?? [];
  if (set === undefined) yield mark;
  else for (const one of set) yield* eachOf(before + one + behind);
}

function keyOf(text: string): number {
  let key = 0;
  for (let at = 0; at < text.length; at++) key = after(key, text.charCodeAt(at));
  return key;
}

function after(key: number, code: number): number {
  return ((key << 5) | (code < 128 ? (classes[code] ?? foreign) : foreign)) & 0x7fff;
}

/** True for every text that `maySecret` matches, and for some others. */
export function isWorthALook(text: string): boolean {
  let key = 0;
  for (let at = 0; at < text.length; at++) {
    key = after(key, text.charCodeAt(at));
    if (isMark[key] === 1) return true;
  }
  return false;
}

/** The answer of `maySecret`. */
export function mayHoldSecret(text: string): boolean {
  return isWorthALook(text) && maySecret.test(text);
}

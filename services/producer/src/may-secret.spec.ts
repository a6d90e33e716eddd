import { maySecret } from '@assay/contracts/secret-patterns';
import { randomFrom } from '@assay/testing';
import { describe, expect, it } from '@jest/globals';
import { isWorthALook, mayHoldSecret } from './may-secret.ts';

/** The alternatives of the pattern, each a pattern. */
function alternatives(): RegExp[] {
  const found: string[] = [''];
  let depth = 0;
  for (let at = 0; at < maySecret.source.length; at++) {
    const character = maySecret.source.charAt(at);
    const piece = character === '\\' ? maySecret.source.slice(at, ++at + 1) : character;
    if ('([{'.includes(piece)) depth++;
    if (')]}'.includes(piece)) depth--;
    if (piece === '|' && depth === 0) found.push('');
    else found.push((found.pop() ?? '') + piece);
  }
  return found.map((source) => new RegExp(source, maySecret.flags));
}

/** Texts of which each alternative matches at least one. */
const samples = [
  '-----BEGIN',
  '-----END',
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((start) => `${start}0123456789AB`),
  ...[...'pousr'].map((letter) => `gh${letter}_`),
  'github_pat_',
  ...['glpat-', 'gloas-', 'gldt-', 'glimt-', 'glagent-', 'glzz-'],
  ...[...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => [`xox${letter}-`, `gl${letter}a-`, `shp${letter}t_`]),
  'hooks.slack',
  'npm_',
  'pypi-',
  'AIza',
  'ya29.',
  ...['sk_live', 'sk_test', 'rk_live', 'rk_test'],
  'whsec_',
  'sk-',
  'SG.',
  ...['doo_v1_', 'dop_v1_', 'dor_v1_'],
  'hf_',
  '-u ',
  '-u\t',
  '--user',
  ...['', '"', "'`]"].flatMap((quotes) => ['=', ':', ' \n ='].map((sign) => `pass${quotes}${sign}`)),
  'eyJ',
  ...[':/@', '://@', '://a:b@', ':/€@', '://-@', '://_:@'],
  'passw',
  'passphrase',
  'pwd',
  'secret',
  'token',
  ...['', '_', '-'].flatMap((sign) =>
    ['api', 'access', 'account', 'private', 'auth', 'encryption', 'signing'].map((word) => `${word}${sign}key`),
  ),
  'credential',
  'bearer',
  'basic ',
  'basic\n',
];

const fillers = [
  '',
  ' ',
  '\n',
  'x',
  'if err != nil {',
  '\u017f',
  '\u212a',
  '\u0130',
  '€',
  '😀',
  '-',
  '_',
  '.',
  ':',
  '/',
  '7',
];

/** The pattern matches it, and we would not have asked. */
const isMissed = (text: string) => mayHoldSecret(text) !== maySecret.test(text);

describe('whether a text is worth a look', () => {
  it('is tried with a sample of each alternative of the pattern', () => {
    const unmatched = alternatives().filter((alternative) => !samples.some((sample) => alternative.test(sample)));
    expect(alternatives().length).toBeGreaterThan(30);
    expect(unmatched).toEqual([]);
  });

  it('is true of every sample, in either case, wherever it stands', () => {
    const cased = samples.flatMap((sample) => [sample, sample.toLowerCase(), sample.toUpperCase()]);
    const texts = cased.flatMap((sample) => fillers.map((filler) => filler + sample + filler));
    expect(texts.filter(isMissed)).toEqual([]);
  });

  it.each([1, 2, 3, 4])('is true of whatever the pattern matches, with chance %i', (seed) => {
    const random = randomFrom(seed);
    const pieces = [...samples.flatMap((sample) => [sample, sample.slice(0, 3), sample.slice(2)]), ...fillers];
    const text = () => Array.from({ length: random.between(1, 6) }, () => random.pick(pieces)).join('');
    expect(Array.from({ length: 3000 }, text).filter(isMissed)).toEqual([]);
  });

  it('is false of most lines of code', () => {
    const lines = ['func main() {', '\tdefer file.Close()', 'cmd := exec.Command("ls", os.Args[1])', 'return x + y;'];
    expect(lines.filter(isWorthALook)).toEqual([]);
  });
});

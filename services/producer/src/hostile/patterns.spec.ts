// Regular expressions against texts that they could go to and fro in for ever. What takes the square of a text's length
// does not end here within the time that a test has.
import { describe, expect, it } from '@jest/globals';
import { keyLinesOf, literalsOf, Redactor } from '../redact.ts';
import { specimens } from './corpus.ts';
import { longTexts } from './json-mutants.ts';
import { judge } from './judge.ts';

const words = [
  ...[
    'password',
    'pass',
    'token',
    'api_key',
    '<password',
    'ENV ',
    'ENV password',
    '--password',
    '--',
    'TOKEN=',
    'PASSWORD_',
  ],
  ...['-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----', '-----BEGIN ', '-----END '],
  ...['eyJaaaaaaa.eyJ', 'eyJ', '://', ':/', '-u ', '--user ', 'bearer ', 'basic ', 'AKIA', 'ghp_', 'xoxb-', 'npm_'],
  ...['pypi-', 'SG.', 'sk-', 'hooks.slack.com/services/', 'password: ', '"', "'", '`', '\\', 'a'],
];
const gaps = [
  '',
  ' ',
  '=',
  ' = ',
  ':',
  ': ',
  '="',
  "='",
  '=`',
  '\\',
  '\\"',
  'a',
  'A',
  '1',
  '(',
  '.',
  '-',
  '_',
  '/',
  '@',
  ':a',
  '>',
  '<',
  '\n',
];

const isLong = process.env['ASSAY_FUZZ_SECONDS'] !== undefined;
/** A text is looked at up to 64 Ki characters. */
const length = (isLong ? 64 : 16) * 1024;
const filled = (piece: string, chars: number) => piece.repeat(Math.ceil(chars / piece.length)).slice(0, chars);

describe('the patterns of secrets', () => {
  it.each(words)('are through with much of %j', (word) => {
    const redactor = new Redactor('key');
    for (const gap of isLong ? gaps : gaps.filter((_, at) => (at + word.length) % 8 === 0))
      for (const text of [filled(word + gap, length), word + filled(gap || word, length - word.length)]) {
        expect(redactor.shown(text).length).toBeLessThan(4 * length);
        expect(literalsOf(text).length).toBeLessThan(length);
        expect(keyLinesOf(text).length).toBeLessThanOrEqual(256);
      }
  });
});

const fillers = [
  '[',
  '(',
  '{',
  '/',
  'a',
  ':',
  '1',
  '"',
  ' ',
  '\\',
  '<',
  '=',
  'a/',
  '-1',
  "''",
  '../',
  '%25',
  'a b',
  '.',
  '\n',
  '@',
  '#',
  '{0}',
  '[a](1)',
  '`x',
].map((piece) => filled(piece, 64 * 1024));

describe('the patterns of adapters', () => {
  it.each(
    specimens()
      .filter(({ kind, bytes }) => kind === 'json' && bytes.length < 64 * 1024)
      .map(({ name, adapter, bytes }) => [name, adapter, bytes.toString()] as const),
  )('are through with long texts: %s', async (_, adapter, text) => {
    const broken = new Map<string, string>();
    for (const { what, text: mutant } of longTexts(text, fillers))
      await judge(adapter, Buffer.from(mutant)).catch((error) => broken.set(what, String(error)));
    expect(Object.fromEntries(broken)).toEqual({});
  });

  // Enough to overflow the stack of a pattern that repeats a choice.
  it.each(['a/', '"a', '\\a', "'a"])('have a stack that suffices for much of %j', async (piece) => {
    const long = filled(piece, 14 * 1024 * 1024);
    const issue = {
      severity: 'HIGH',
      confidence: 'HIGH',
      rule_id: 'G101',
      details: `"${long}"`,
      file: long,
      line: '1',
      column: '1',
    };
    const [{ adapter } = { adapter: undefined }] = specimens().filter((one) => one.adapter.name === 'gosec');
    if (!adapter) throw new Error('gosec is gone');
    for (const member of ['file', 'code', 'details', 'rule_id']) {
      const other = {
        ...issue,
        file: 'a.go',
        details: 'x',
        code: '1: x',
        [member]: member === 'code' ? `1: "${long}"` : long,
      };
      await judge(adapter, Buffer.from(JSON.stringify({ 'Golang errors': {}, Issues: [other], Stats: {} })));
    }
  });
});

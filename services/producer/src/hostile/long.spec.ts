// Strings of 100 MB, 100 000 levels, a million empty objects: each way of reading refuses or passes over them, and never
// holds more than it says.

import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { draftsOf, type FindingDraft } from '../adapter.ts';
import { adapters } from '../adapters/by-name.ts';
import { Redactor } from '../redact.ts';
import { Tally } from '../tally.ts';
import { specimens } from './corpus.ts';
import { deepMutants } from './json-mutants.ts';
import { judge } from './judge.ts';
import { adapterOf } from './named.ts';

const mebibyte = 1 << 20;
const chunk = 64 * 1024;

interface Long {
  before: string | Uint8Array;
  /** Again and again. */
  piece: string | Uint8Array;
  bytes: number;
  after: string | Uint8Array;
}

interface Outcome {
  code: string;
  findings: number;
  /** Most bytes held beyond those at the start. */
  peak: number;
}

async function read(format: string, { before, piece, bytes, after }: Long): Promise<Outcome> {
  const one = Buffer.from(piece as Uint8Array);
  const many = Buffer.alloc(Math.max(1, Math.floor(chunk / one.length)) * one.length, one);
  const start = held();
  let peak = 0;
  async function* open() {
    yield Buffer.from(before as Uint8Array);
    for (let left = bytes, count = 0; left > 0; left -= many.length, count++) {
      yield many;
      if (count % 32 === 0) peak = Math.max(peak, held() - start);
    }
    yield Buffer.from(after as Uint8Array);
  }
  const tally = new Tally(new Redactor('key'), '');
  let findings = 0;
  const keep: FindingDraft[] = [];
  try {
    for await (const some of adapterOf(format).parse({ open, sourceRoot: '' }, tally))
      for (const draft of draftsOf(some)) {
        findings++;
        keep[0] = draft;
      }
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { code: error.code, findings, peak };
  }
  return { code: '', findings, peak };
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const pb = (text: string) => Buffer.from(text, 'latin1');
/** A tag and a length of 100 MiB, as protobuf writes them. */
const hundred = '\u0080\u0080\u0080\u0032';

const strings: [string, string, Long, string][] = [
  [
    'a text of a record',
    'gosec',
    { before: '{"Issues":[{"details":"', piece: 'a', bytes: 100 * mebibyte, after: '"}]}' },
    'report.too-large',
  ],
  [
    'a text beside the records',
    'gosec',
    { before: '{"GosecVersion":"', piece: 'a', bytes: 100 * mebibyte, after: '"}' },
    'report.too-large',
  ],
  [
    'the name of a member',
    'gosec',
    { before: '{"', piece: 'a', bytes: 100 * mebibyte, after: '":1}' },
    'report.too-large',
  ],
  ['a number', 'gosec', { before: '{"Issues":[', piece: '1', bytes: 100 * mebibyte, after: ']}' }, 'report.too-large'],
  [
    'a text nobody reads',
    'semgrep',
    {
      before: '{"version":"1","errors":[],"paths":{"scanned":[]},"time":{"x":"',
      piece: 'a',
      bytes: 100 * mebibyte,
      after: '"},"results":[]}',
    },
    '',
  ],
  [
    'white space',
    'gosec',
    { before: '{"Issues":[],', piece: ' ', bytes: 100 * mebibyte, after: '"Stats":{}}' },
    'report.too-large',
  ],
  [
    'white space between records',
    'gosec',
    { before: '{"Issues":[', piece: ' ', bytes: 100 * mebibyte, after: ']}' },
    '',
  ],
  [
    'a text of a line',
    'staticcheck',
    { before: '{"code":"', piece: 'a', bytes: 100 * mebibyte, after: '"}' },
    'report.too-large',
  ],
  [
    'white space between lines',
    'staticcheck',
    {
      before: '{"code":"SA1000","severity":"error","location":{"file":"a.go","line":1,"column":1},"message":"m"}',
      piece: '\n',
      bytes: 100 * mebibyte,
      after: '',
    },
    '',
  ],
  [
    'a text of an element',
    'findsecbugs',
    {
      before: '<BugCollection><BugInstance type="X"><LongMessage>',
      piece: 'a',
      bytes: 100 * mebibyte,
      after: '</LongMessage></BugInstance></BugCollection>',
    },
    'report.too-large',
  ],
  [
    'a text nobody reads, in XML',
    'findsecbugs',
    { before: '<BugCollection><Errors>', piece: 'a', bytes: 100 * mebibyte, after: '</Errors></BugCollection>' },
    'report.too-large',
  ],
  [
    'an attribute',
    'findsecbugs',
    { before: '<BugCollection><BugInstance type="', piece: 'a', bytes: 100 * mebibyte, after: '"/></BugCollection>' },
    'report.too-large',
  ],
  [
    'a tag',
    'findsecbugs',
    { before: '<BugCollection><', piece: 'a', bytes: 100 * mebibyte, after: '/></BugCollection>' },
    'report.too-large',
  ],
  [
    'a comment',
    'findsecbugs',
    { before: '<BugCollection><!--', piece: 'a', bytes: 100 * mebibyte, after: '--></BugCollection>' },
    'report.too-large',
  ],
  [
    'CDATA',
    'findsecbugs',
    { before: '<BugCollection><![CDATA[', piece: 'a', bytes: 100 * mebibyte, after: ']]></BugCollection>' },
    'report.too-large',
  ],
  [
    'a processing instruction',
    'findsecbugs',
    { before: '<BugCollection><?x ', piece: 'a', bytes: 100 * mebibyte, after: '?></BugCollection>' },
    'report.too-large',
  ],
  [
    'an entity',
    'findsecbugs',
    { before: '<BugCollection>&', piece: 'a', bytes: 100 * mebibyte, after: ';</BugCollection>' },
    'report.too-large',
  ],
  [
    'an issue of Dracon’s',
    'dracon',
    {
      before: pb(`\u0012\u0005gosec\u001a\u0085\u0080\u0080\u0032\u000a${hundred}`),
      piece: 'a',
      bytes: 100 * mebibyte,
      after: '',
    },
    'report.too-large',
  ],
  [
    'a member of Dracon’s that nobody knows',
    'dracon',
    {
      before: pb(`\u0012\u0005gosec\u001a\u0002\u0012\u0000\u0072${hundred}`),
      piece: 'a',
      bytes: 100 * mebibyte,
      after: '',
    },
    '',
  ],
];

describe('100 MiB', () => {
  it.each(strings)('of %s cost no more than their bound, in %s', async (_, format, long, code) => {
    const outcome = await read(format, long);
    expect(outcome.code).toBe(code);
    // Twice the longest record, which waits in pieces, and what is not yet swept up.
    expect(outcome.peak).toBeLessThan(150 * mebibyte);
  });
});

const crowds: [string, string, Long, string][] = [
  [
    'objects in a record',
    'gosec',
    { before: '{"Issues":[{"x":[{}', piece: ',{}', bytes: 12 * mebibyte, after: ']}]}' },
    'report.too-large',
  ],
  [
    'objects beside the records',
    'gosec',
    { before: '{"x":[{}', piece: ',{}', bytes: 24 * mebibyte, after: '],"Issues":[]}' },
    'report.too-large',
  ],
  [
    'lists beside the records, in many members',
    'gosec',
    { before: '{"Issues":[]', piece: ',"x":[[]]', bytes: 24 * mebibyte, after: '}' },
    'report.too-large',
  ],
  [
    'lists in a line',
    'staticcheck',
    { before: '{"x":[[]', piece: ',[]', bytes: 12 * mebibyte, after: ']}' },
    'report.too-large',
  ],
  [
    'elements in an item',
    'findsecbugs',
    {
      before: '<BugCollection><BugInstance type="X">',
      piece: '<Class/>',
      bytes: 24 * mebibyte,
      after: '</BugInstance></BugCollection>',
    },
    'report.too-large',
  ],
  [
    'lists of files',
    'detect-secrets',
    {
      before: '{"version":"1","plugins_used":[],"results":{"a":[]',
      piece: ',"a/file/of/some/length":[]',
      bytes: 24 * mebibyte,
      after: '}}',
    },
    '',
  ],
];

describe('a crowd', () => {
  it.each(crowds)('of %s costs no more than its bound, in %s', async (_, format, long, code) => {
    const outcome = await read(format, long);
    expect(outcome.code).toBe(code);
    expect(outcome.peak).toBeLessThan(150 * mebibyte);
  });
});

const levels = 100_000;
const towers: [string, string, string][] = [
  ['lists', '['.repeat(levels), ']'.repeat(levels)],
  ['objects', '{"a":'.repeat(levels), `1${'}'.repeat(levels)}`],
  ['elements', '<a>'.repeat(levels), '</a>'.repeat(levels)],
  ['groups of protobuf', '\u000b'.repeat(levels), '\u000c'.repeat(levels)],
  ['groups of protobuf, behind a name', `\u0012\u0005gosec${'\u000b'.repeat(levels)}`, '\u000c'.repeat(levels)],
];

describe(`${levels} levels`, () => {
  it.each(towers)('of %s are refused by every adapter', async (_, open, close) => {
    for (const adapter of adapters.values())
      for (const text of [open, open + close]) {
        const { code } = await judge(adapter, Buffer.from(text), { chunkBytes: chunk });
        expect([adapter.name, code]).toEqual([adapter.name, expect.stringMatching(/^report\./)]);
      }
  });

  it.each([...adapters.values()].map((adapter) => [adapter.name, adapter] as const))(
    'in the place of any member are refused or passed over: %s',
    async (name, adapter) => {
      const [specimen] = specimens().filter(
        (one) =>
          one.adapter === adapter &&
          one.kind === 'json' &&
          adapter.name !== 'findsecbugs' &&
          one.bytes.length < 64 * 1024,
      );
      if (!specimen) return expect(['dracon', 'findsecbugs']).toContain(name);
      const codes = new Set<string>();
      for (const text of deepMutants(specimen.bytes.toString(), levels))
        codes.add((await judge(adapter, Buffer.from(text), { chunkBytes: chunk })).code);
      expect(codes).toContain('report.too-deep');
    },
  );
});

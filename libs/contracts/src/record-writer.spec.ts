import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../generated/messages.ts';
import { type Batch, batchType, findingType } from './batch.ts';
import type { Draft } from './message.ts';
import { recordAt } from './record.ts';
import { RecordWriter } from './record-writer.ts';

const batchOf = (findings: Uint8Array[], more: Draft<Batch> = {}): Batch =>
  batchType.create({
    reportId: 'report',
    runId: 'run "1"',
    target: { name: 'shöp' },
    revision: 'abc',
    tool: { name: 'trivy', version: '1' },
    findings,
    identities: Uint8Array.from({ length: 16 * findings.length }, (_, index) => index * 37),
    severities: Uint8Array.from(findings, (_, index) => index % 7),
    enrichments: [{ step: 'annotate', annotations: { team: 'web' } }],
    transition: 1,
    ...more,
  });

const expected = (batch: Batch): string =>
  batch.findings.map((_, position) => `${JSON.stringify(recordAt(batch, position))}\n`).join('');

function written(batch: Batch, writer = new RecordWriter()): string {
  batch.findings.forEach((_, position) => {
    writer.record(batch, position);
    writer.text('\n');
  });
  return Buffer.from(writer.take()).toString();
}

const location = { path: 'a/b.ts', startLine: 1, endLine: 200, startColumn: 3, endColumn: 4_000_000_000, snippet: 'x' };
const full: Draft<Finding> = {
  rule: 'CVE-2021-44228',
  title: 'Remote code execution',
  description: 'in log4j',
  severity: 5,
  confidence: 3,
  kind: 2,
  cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N' },
  cves: ['CVE-2021-44228', 'CVE-2021-44229'],
  cwes: [502, 79, 1],
  location,
  purl: 'pkg:maven/log4j',
  digest: 'sha256:00',
  references: ['https://example.org', 'https://example.com'],
};

// Lehmer's generator, so that what fails once fails again.
let state = 20_260;
const below = (end: number): number => {
  state = (state * 48_271) % 2_147_483_647;
  return state % end;
};
const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
const pieces = [
  'a',
  'Z9',
  '"',
  '\\',
  '\n',
  '\t',
  '\b\f\r',
  '\u0000',
  '\u001f',
  '\u007f',
  'ü',
  '€',
  '\u2028',
  '😀',
  '\ufeff',
];
const text = (): string => Array.from({ length: below(90) }, () => oneOf(pieces)).join('');
const number = (): number => oneOf([0, 1, 9, 10, 127, 128, 65_535, 2_147_483_648, 4_294_967_295]);
const list = <T>(make: () => T): T[] => Array.from({ length: below(4) }, make);
const members: { [K in keyof Finding]-?: () => Draft<Finding>[K] } = {
  rule: text,
  title: text,
  description: text,
  severity: () => below(7) as Finding['severity'],
  confidence: () => below(5) as Finding['confidence'],
  kind: () => below(9) as Finding['kind'],
  cvss: () => ({ score: oneOf([0, -0, 10, 7.5, 1e21, 1 / 3, Number.NaN, Number.POSITIVE_INFINITY]), vector: text() }),
  cves: () => list(text),
  cwes: () => list(number),
  location: () => ({
    path: text(),
    startLine: number(),
    endLine: number(),
    startColumn: number(),
    endColumn: number(),
    snippet: text(),
  }),
  purl: text,
  digest: text,
  references: () => list(text),
  properties: () => ({ [text()]: text(), 7: text() }),
  suppression: () => ({ kind: text(), justification: text() }),
  enrichments: () => [{ step: 'tool', owners: list(text), annotations: { [text()]: text() } }],
};

function finding(likely: number): Uint8Array {
  const some = Object.entries(members).filter(() => below(10) < likely);
  return findingType.encode(Object.fromEntries(some.map(([name, make]) => [name, make()])));
}

describe('a writer of records', () => {
  it.each<[string, Draft<Batch>]>([
    ['all that it knows', {}],
    ['no steps', { enrichments: [] }],
    [
      'nothing but findings',
      { reportId: '', runId: '', target: undefined, revision: '', tool: undefined, transition: 0 },
    ],
    ['several steps', { enrichments: [{ owners: ['@a'] }, { owners: ['@b', '@a'], suppression: { kind: 'vex' } }] }],
    ['steps about some', { enrichments: [{ positions: [1], owners: ['@a'] }, { annotations: { 'a"': '' } }] }],
    ['no severities', { severities: new Uint8Array() }],
  ])('gives what JSON gives of a batch that says %s', (_, more) => {
    const batch = batchOf(
      [full, { rule: 'a' }, {}, { title: 'a', cwes: [1] }].map((each) => findingType.encode(each)),
      more,
    );
    expect(written(batch)).toBe(expected(batch));
  });

  it.each([1, 3, 6, 9])('gives what JSON gives of any finding (%i of 10 members)', (likely) => {
    const writer = new RecordWriter();
    for (let round = 0; round < 40; round++) {
      const batch = batchOf(Array.from({ length: 5 }, () => finding(likely)));
      expect(written(batch, writer)).toBe(expected(batch));
    }
  });

  it('takes fields in any order, twice, and unknown ones as a reader of messages does', () => {
    const parts = Object.entries(full).map(([name, value]) => findingType.encode({ [name]: value }));
    const unknown = Uint8Array.of(0xf8, 0x07, 1);
    const backwards = Buffer.concat([...parts].reverse());
    const batch = batchOf([
      backwards,
      Buffer.concat([...parts, ...parts]),
      Buffer.concat([unknown, ...parts, unknown]),
    ]);
    expect(written(batch)).toBe(expected(batch));
  });

  it('fails on the same bytes as a reader of messages, and has written nothing then', () => {
    const writer = new RecordWriter();
    const outcome = (work: () => string) => {
      try {
        return work();
      } catch {
        return 'no finding';
      }
    };
    const whole = findingType.encode(full);
    let failures = 0;
    for (let at = 0; at < whole.length; at++) {
      const broken = Buffer.from(whole);
      broken[at] = oneOf([0, 0x0a, 0x80, 0xff, (broken[at] ?? 0) + 1]);
      for (const bytes of [broken, whole.subarray(0, at)]) {
        const batch = batchOf([bytes]);
        const want = outcome(() => expected(batch));
        if (want === 'no finding') failures++;
        expect(outcome(() => written(batch, writer))).toBe(want);
        expect(writer.length).toBe(0);
      }
    }
    expect(failures).toBeGreaterThan(100);
  });

  it('holds records of any length, and gives its memory back', () => {
    const long = findingType.encode({ title: '\u0001'.repeat(3_000_000) });
    const writer = new RecordWriter();
    const batch = batchOf([long, findingType.encode(full)]);
    expect(written(batch, writer)).toBe(expected(batch));
    expect(written(batchOf([findingType.encode(full)]), writer)).toBe(expected(batchOf([findingType.encode(full)])));
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openBlobs } from '@assay/blobs';
import {
  type Batch,
  batchType,
  Completeness,
  type Draft,
  type Event,
  findingBatchType,
  identityAt,
  maxBatchBytes,
  maxBatchFindings,
  type Outgoing,
  type ReportParsed,
  type ReportSubmitted,
  recordsOf,
  reportSubmitted,
  Severity,
  Transient,
} from '@assay/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseReport } from './parse-report.ts';
import { Redactor } from './redact.ts';
import { producer } from './service.ts';
import { readFixture } from './testing/parse-fixture.ts';

const govwa = readFixture(`${import.meta.dirname}/adapters/gosec/fixtures/govwa.json`);
const terragoat = readFixture(`${import.meta.dirname}/adapters/gitleaks/fixtures/terragoat.dir.json`);

let folder: string;
let blobs: BlobStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'producer-'));
  blobs = await openBlobs(`file:${folder}`);
});
afterAll(async () => {
  await blobs.close();
  await rm(folder, { recursive: true });
});

interface Handled {
  batches: Batch[];
  parsed: ReportParsed | undefined;
  error: { code?: string; message?: string } | undefined;
  /** Topic names in order. */
  topics: string[];
}

const quiet = { info: () => undefined } as never;

async function handle(
  data: Draft<ReportSubmitted>,
  { subject = 'assay.report.submitted.gosec', store = blobs, maxReportBytes = 1e9, day = 1 } = {},
): Promise<Handled> {
  const event: Event<ReportSubmitted> = {
    id: 'event-1',
    topic: reportSubmitted,
    source: 'test',
    subject,
    time: '2026-01-01T00:00:00Z',
    attempt: 1,
    data: reportSubmitted.message.decode(reportSubmitted.message.encode(data)),
  };
  const handled: Handled = { batches: [], parsed: undefined, error: undefined, topics: [] };
  const context = {
    config: { maxReportBytes },
    resources: { redactor: new Redactor('key') },
    blobs: store,
    log: quiet,
    now: () => new Date(Date.UTC(2026, 0, day)),
    signal: new AbortController().signal,
  };
  try {
    for await (const { topic, data: out } of parseReport(event, context) as AsyncIterable<Outgoing>) {
      handled.topics.push(topic.name);
      if (topic.name === 'finding.reported') handled.batches.push(out as Batch);
      else handled.parsed = out as ReportParsed;
    }
  } catch (error) {
    handled.error = error as Error;
  }
  return handled;
}

const target = { name: 'github.com/acme/govwa', kind: 'repository' };
const gosecReport = { target, sourceRoot: '/workspace/source/govwa', content: govwa };

/** Issues that differ, each flagging so many lines. */
function gosecIssues(count: number, lines = 1): Buffer {
  const issues = Array.from({ length: count }, (_, index) => ({
    severity: 'HIGH',
    confidence: 'HIGH',
    rule_id: 'G401',
    details: 'weak',
    file: `/src/${index % 7}.go`,
    code: Array.from({ length: lines }, (_, line) => `${line + 1}: md5.New(${index}) // and some more words`).join(
      '\n',
    ),
    line: `1-${lines}`,
    column: '1',
  }));
  return Buffer.from(JSON.stringify({ 'Golang errors': {}, Issues: issues, Stats: {}, GosecVersion: 'dev' }));
}

describe('parseReport', () => {
  it('yields a batch of each severity, worst first, and then the tally', async () => {
    const { batches, parsed, error, topics } = await handle(gosecReport);
    expect(error).toBeUndefined();
    expect(topics).toEqual(['finding.reported', 'finding.reported', 'report.parsed']);
    expect(batches[0]).toMatchObject({
      reportId: 'event-1',
      runId: 'event-1',
      target,
      tool: { name: 'gosec', version: '' },
      index: 0,
    });
    expect(
      batches.map(({ index, findings, identities, severities }) => [
        index,
        findings.length,
        identities.length,
        ...new Set(severities),
      ]),
    ).toEqual([
      [0, 14, 14 * 16, Severity.MEDIUM],
      [1, 7, 7 * 16, Severity.LOW],
    ]);
    expect(parsed).toMatchObject({
      reportId: 'event-1',
      runId: 'event-1',
      standalone: true,
      format: 'gosec',
      tool: { name: 'gosec' },
      target,
      raw: 21,
      findings: 21,
      batches: 2,
      merged: {},
      filtered: {},
      severities: { medium: 14, low: 7 },
      completeness: Completeness.COMPLETE,
      notes: [],
      parsedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('makes batches that survive the wire, decoded lazily or whole', async () => {
    const { batches } = await handle({ ...gosecReport, steps: [{ name: 'annotate', params: { a: 'b' } }] });
    const [batch] = batches as [Batch];
    const bytes = batchType.encode(batch);
    expect(recordsOf(batchType.decode(bytes))).toEqual(recordsOf(batch));
    expect(findingBatchType.decode(bytes).findings).toHaveLength(14);
    expect(batchType.decode(bytes).steps).toMatchObject([{ name: 'annotate', params: { a: 'b' } }]);
    expect(recordsOf(batch)[0]).toMatchObject({
      rule: 'G401',
      path: 'vulnerability/idor/idor.go',
      target: target.name,
    });
  });

  it('gives the same batches again, whatever the day and however the report came', async () => {
    const ref = await blobs.put(govwa);
    const first = await handle(gosecReport);
    const again = await handle({ ...gosecReport, content: undefined, blob: ref }, { day: 2 });
    expect(again.batches).toEqual(first.batches);
    const text = await handle({ ...gosecReport, content: undefined, text: govwa.toString() });
    expect(text.batches).toEqual(first.batches);
    expect([first, again, text].map(({ parsed }) => parsed?.blob?.digest)).toEqual([
      ref.digest,
      ref.digest,
      ref.digest,
    ]);
  });

  it('keeps an inline report as evidence', async () => {
    const content = gosecIssues(3);
    const { parsed } = await handle({ target, content });
    const kept: Uint8Array[] = [];
    for await (const chunk of blobs.get(parsed?.blob?.digest ?? '')) kept.push(chunk);
    expect(Buffer.concat(kept)).toEqual(content);
  });

  it('names the run and the report that the submitter named', async () => {
    const { parsed, batches } = await handle({
      ...gosecReport,
      runId: 'r',
      reportId: 'p',
      task: 'gosec',
      scope: 's',
      revision: 'v',
    });
    expect(parsed).toMatchObject({
      runId: 'r',
      reportId: 'p',
      standalone: false,
      task: 'gosec',
      scope: 's',
      revision: 'v',
    });
    expect(batches[0]).toMatchObject({ runId: 'r', reportId: 'p', scope: 's', revision: 'v' });
  });

  it.each([
    [4000, 1, 4],
    [1024, 1, 1],
    [1025, 1, 2],
    [0, 1, 0],
    [1000, 100, 5],
  ])('splits %d findings of %d lines into batches that are small enough', async (count, lines, least) => {
    const { batches, parsed } = await handle({ target, content: gosecIssues(count, lines) });
    expect(batches.length).toBeGreaterThanOrEqual(least);
    expect(batches.map(({ index }) => index)).toEqual(batches.map((_, index) => index));
    const identities = batches.flatMap((batch) => batch.findings.map((_, position) => identityAt(batch, position)));
    expect(new Set(identities).size).toBe(count);
    for (const batch of batches) {
      expect(batch.findings.length).toBeLessThanOrEqual(maxBatchFindings);
      expect(batch.identities).toHaveLength(batch.findings.length * 16);
      expect(batch.severities).toHaveLength(batch.findings.length);
      expect(batchType.encode(batch).length).toBeLessThan(maxBatchBytes);
    }
    expect(parsed).toMatchObject({ raw: count, findings: count, batches: batches.length });
  });

  it('merges the same record twice, and counts it', async () => {
    const report = JSON.parse(govwa.toString());
    report.Issues.push(report.Issues[0], report.Issues[1]);
    const { parsed } = await handle({ ...gosecReport, content: Buffer.from(JSON.stringify(report)) });
    expect(parsed).toMatchObject({ raw: 23, findings: 21, merged: { 'same record': 2 } });
  });

  it.each([
    ['the subject', {}, 'assay.report.submitted.gosec', 'gosec'],
    ['the event', { format: 'gosec' }, 'assay.report.submitted.other', 'gosec'],
    ['any case', { format: 'GoSec' }, 'assay.report.submitted.gosec', 'gosec'],
    ['the content', { format: 'auto' }, 'assay.report.submitted.auto', 'gosec'],
  ])('takes the format from %s', async (_, fields, subject, format) => {
    const { parsed, error } = await handle({ ...gosecReport, ...fields }, { subject });
    expect(error).toBeUndefined();
    expect(parsed?.format).toBe(format);
  });

  it('takes the submitter’s word that a scan was partial', async () => {
    const { parsed } = await handle({ ...gosecReport, partial: true, partialReason: 'timed out after 5 min' });
    expect(parsed).toMatchObject({ completeness: Completeness.PARTIAL, notes: ['timed out after 5 min'] });
  });

  it('lets no secret of a report out', async () => {
    const { batches, parsed } = await handle({ target, format: 'gitleaks', content: terragoat });
    const seen =
      batches.map((batch) => Buffer.from(batchType.encode(batch)).toString()).join() + JSON.stringify(parsed);
    expect(parsed?.findings).toBe(4);
    for (const { Secret } of JSON.parse(terragoat.toString()) as { Secret: string }[])
      expect(seen).not.toContain(Secret.replaceAll('"', ''));
  });

  it('says that a truncated report is failed, after what was read of it, and throws', async () => {
    const content = gosecIssues(1000).subarray(0, 60_000);
    const { topics, batches, parsed, error } = await handle({ target, content });
    const read = batches.reduce((sum, { findings }) => sum + findings.length, 0);
    expect(read).toBeGreaterThan(256);
    expect(topics.at(-1)).toBe('report.parsed');
    expect(parsed).toMatchObject({ raw: read, findings: read, completeness: Completeness.FAILED });
    expect(parsed?.notes[0]).toContain('ends at byte 60000');
    expect(error).toMatchObject({ name: 'InvalidInput', code: 'report.truncated' });
  });

  it('counts a record that could not be read', async () => {
    const report = JSON.parse(govwa.toString());
    report.Issues[20].rule_id = null;
    const { parsed, error } = await handle({ ...gosecReport, content: Buffer.from(JSON.stringify(report)) });
    expect(parsed).toMatchObject({
      raw: 21,
      findings: 20,
      filtered: { 'unreadable record': 1 },
      completeness: Completeness.FAILED,
    });
    expect(error).toMatchObject({
      code: 'report.field',
      message: expect.stringContaining('gosec issue 20: "rule_id"'),
    });
  });

  it.each<[string, Draft<ReportSubmitted>, string, string]>([
    ['an unknown format', { target, format: 'nonsense', content: govwa }, 'report.unknown-format', 'gosec'],
    ['an unknown content', { target, format: 'auto', text: '{}' }, 'report.unknown-format', 'gosec'],
    ['an empty report', { target, content: Buffer.alloc(0) }, 'report.empty', 'empty'],
    ['an empty text', { target, text: '' }, 'report.empty', 'empty'],
    ['no body', { target }, 'report.no-body', 'content, text and blob'],
    ['another tool’s report', { target, format: 'bandit', content: govwa }, 'report.format', 'Bandit'],
    ['a blob that is not there', { target, blob: { digest: `sha256:${'0'.repeat(64)}`, size: 1 } }, 'blob.missing', ''],
    ['a report that is too large', { target, content: Buffer.alloc(2048, 32) }, 'report.too-large', '1024 bytes'],
    [
      'a blob that says so',
      { target, blob: { digest: `sha256:${'0'.repeat(64)}`, size: 4096 } },
      'report.too-large',
      '',
    ],
  ])('ends the report of %s as failed, and throws', async (_, data, code, words) => {
    const { parsed, error, batches } = await handle(data, { maxReportBytes: code === 'report.too-large' ? 1024 : 1e9 });
    expect(error).toMatchObject({ name: 'InvalidInput', code, message: expect.stringContaining(words) });
    expect(batches).toEqual([]);
    expect(parsed).toMatchObject({ completeness: Completeness.FAILED, raw: 0, findings: 0, notes: [error?.message] });
  });

  it('reads no more of a blob than is allowed, whatever its reference says', async () => {
    const { digest } = await blobs.put(gosecIssues(1000));
    const { error } = await handle({ target, blob: { digest, size: 1 } }, { maxReportBytes: 50_000 });
    expect(error).toMatchObject({ code: 'report.too-large' });
  });

  it.each([undefined, { name: '' }, { name: '  ' }])('refuses the target %j', async (wrong) => {
    const { error, topics } = await handle({ content: govwa, target: wrong });
    expect(error).toMatchObject({ name: 'InvalidInput', code: 'report.no-target' });
    expect(topics).toEqual([]);
  });

  it('says nothing about a report while the blobs are away', async () => {
    const away = {
      ...blobs,
      get: async function* () {
        throw new Transient('no bucket', { code: 'blob.away' });
      },
    };
    const { error, topics } = await handle({ target, blob: { digest: 'sha256:1', size: 1 } }, { store: away });
    expect(error).toBeInstanceOf(Transient);
    expect(topics).toEqual([]);
  });
});

describe('the producer', () => {
  it('reads at most 2 GiB of a report unless told otherwise', () => {
    expect(producer.config.parse({}).maxReportBytes).toBe(2 * 1024 ** 3);
  });

  it('declares what it takes and what it gives', () => {
    expect(producer.subscribes.map(({ topic }) => topic.name)).toEqual(['report.submitted']);
    expect(producer.publishes.map(({ name }) => name)).toEqual(['finding.reported', 'report.parsed']);
  });
});

import {
  type Batch,
  batchType,
  type Draft,
  emit,
  emitTotal,
  findingEnriched,
  findingEnriching,
  messageType,
  type Outgoing,
  type ReportParsed,
  readDelimited,
  recordsOf,
  reportParsed,
  reportSubmitted,
  type Step,
} from '@assay/contracts';
import { signRunToken } from '@assay/runtime';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, noon, runTokenKey, type TestGateway, testGateway } from '../test-gateway.ts';

const piece = messageType('RunFindings');
const expires = noon.getTime() / 1000 + 600;
const asRun = (runId: string) => ({
  authorization: `Bearer ${signRunToken({ runId, pipeline: 'scan', target: 'shop', expires }, runTokenKey)}`,
});

let test: TestGateway;
let base: string;
let published = 0;

beforeEach(async () => {
  test = await testGateway({ heartbeatMs: 10 });
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(test.app.server.address() as { port: number }).port}/api/v1/runs`;
});
afterEach(() => test.stop());

const publish = (outgoing: Outgoing, id = `event-${++published}`) => test.gateway.publish(outgoing as never, { id });

const age: Step = { name: 'age', params: {}, outside: true };

function batchOf(findings: string, changes: Partial<Batch> = {}): Batch {
  const titles = findings.split(' ');
  return {
    ...batchType.create({}),
    reportId: 'r1',
    runId: 'run',
    target: { name: 'shop', kind: 'repository' },
    tool: { name: 'gosec', version: '2' },
    findings: titles.map((title) => messageType('Finding').encode({ title, severity: 3 })),
    identities: Buffer.concat(titles.map((title) => Buffer.alloc(16, title))),
    severities: Uint8Array.from(titles, () => 3),
    steps: [age],
    ...changes,
  };
}

const enriching = (findings: string, changes: Partial<Batch> = {}) =>
  publish(emitTotal(findingEnriching, batchOf(findings, changes)) as Outgoing);
const enriched = (findings: string, changes: Partial<Batch> = {}) =>
  publish(emitTotal(findingEnriched, batchOf(findings, { steps: [], ...changes })) as Outgoing);
const submitted = (reportId: string, runId = 'run') =>
  publish(emit(reportSubmitted, { reportId, runId, format: 'gosec', target: { name: 'shop' } }) as Outgoing);
const parsed = (reportId: string, findings: number, more: Draft<ReportParsed> = {}) =>
  publish(
    emit(reportParsed, {
      reportId,
      runId: 'run',
      format: 'gosec',
      tool: { name: 'gosec' },
      target: { name: 'shop' },
      findings,
      steps: ['age'],
      ...more,
    }) as Outgoing,
  );

/** What comes until the end; `end` undefined: it was cut off. */
async function read(query = '?step=age', { run = 'run', headers = asRun(run) as Record<string, string> } = {}) {
  const response = await fetch(`${base}/${run}/findings${query}`, { headers });
  if (!response.ok) return { status: response.status, code: ((await response.json()) as { code: string }).code };
  const titles: string[] = [];
  const sequences: number[] = [];
  for await (const bytes of readDelimited(response.body as never, { maxBytes: 1 << 20 })) {
    const { sequence, batch, end } = piece.decode(bytes);
    if (end) return { status: 200, titles: titles.join(' '), sequences, end };
    sequences.push(sequence);
    titles.push(...recordsOf(batchType.decode(batch)).map(({ title }) => title));
  }
  return { status: 200, titles: titles.join(' '), sequences };
}

const answer = (body: unknown, { run = 'run', headers = asRun(run) as Record<string, string> } = {}) =>
  test.app.inject({ method: 'POST', url: `/api/v1/runs/${run}/findings/returned`, headers, payload: body as object });

const returns = () =>
  test.bus.stored
    .filter(({ subject }) => subject.startsWith('assay.finding.returned.'))
    .map(({ subject, payload }) => ({ subject, batch: batchType.decode(payload) }));

describe('findings of a run that wait for a step', () => {
  it('come with the reports they are of, those of others left out', async () => {
    await submitted('r1');
    await submitted('r2');
    await submitted('r3', 'other');
    await enriching('a b');
    await enriching('x', { reportId: 'r3', runId: 'other' });
    await enriching('c', { index: 1 });
    await enriching('z', { steps: [{ ...age, name: 'other' }] });
    await parsed('r1', 3);
    await parsed('r2', 0);
    expect(await read()).toMatchObject({
      titles: 'a b c',
      sequences: [1, 3],
      end: { reports: [{ reportId: 'r1' }, { reportId: 'r2' }], missing: [], returned: [] },
    });
  });

  it('are waited for, report and findings, and come once each though they are published twice', async () => {
    await submitted('r1');
    await enriching('a');
    const reading = read();
    await enriching('a');
    await parsed('r1', 2);
    await enriching('b', { index: 1 });
    expect(await reading).toMatchObject({ titles: 'a b', sequences: [1, 3], end: { missing: [] } });
  });

  it.each([
    ['then', '2026-01-31T12:00:30Z'],
    ['long before', '2026-01-01T00:00:00Z'],
    ['at a time that is still to come', '2027-01-01T00:00:00Z'],
    ['at no time', ''],
  ])('are found when the run was asked for %s', async (_, requestedAt) => {
    const facts = { pipeline: 'scan', target: 'shop', revision: '', phase: 'started', updatedAt: '' };
    test.store.allRuns.push({ runId: 'run', ...facts, requested: { requestedAt } } as never);
    await submitted('r1');
    await enriching('a');
    await parsed('r1', 1);
    expect(await read('?step=age&wait=5')).toMatchObject({ titles: 'a', end: { missing: [] } });
  });

  it('of a run without reports are none, at once', async () => {
    expect(await read()).toMatchObject({ titles: '', end: { reports: [], missing: [] } });
  });

  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'a report that was not read',
      () => submitted('r1'),
      '',
      'report r1 was not read yet: see the dead letters of the producer',
    ],
    ['a report that was named and never came', async () => {}, '&report=r9', 'report r9 was not read yet'],
    [
      'findings that did not come',
      async () => {
        await submitted('r1');
        await enriching('a b');
        await parsed('r1', 5);
      },
      '',
      'report r1 of gosec: 3 of 5 findings did not come as far as the step "age"',
    ],
    [
      'findings that another run claims',
      async () => {
        await submitted('r1');
        await enriching('a', { runId: 'other' });
        await parsed('r1', 1);
      },
      '',
      'report r1 of gosec: 1 of 1 findings',
    ],
  ])('are said to be missing after the wait: %s', async (_, given, query, sentence) => {
    await given();
    expect(await read(`?step=age&wait=0.05${query}`)).toMatchObject({
      end: { missing: [expect.stringContaining(sentence)] },
    });
  });

  it('that do not pass the step are not waited for', async () => {
    await submitted('r1');
    await parsed('r1', 1, { steps: ['annotate'] });
    expect(await read('?step=age&wait=3600')).toMatchObject({
      end: { missing: ['the findings of report r1 of gosec do not pass the step "age", but annotate'] },
    });
  });

  it('say which came back before', async () => {
    await submitted('r1');
    await enriching('a');
    await enriching('b', { index: 1 });
    await parsed('r1', 2);
    await answer({ step: 'age', batches: [{ sequence: 2 }] });
    expect(await read()).toMatchObject({ titles: 'a b', sequences: [1, 2], end: { returned: [2] } });
  });

  it('are cut off without an end when the gateway stops', async () => {
    await submitted('r1');
    await enriching('a');
    const response = await fetch(`${base}/run/findings?step=age`, { headers: asRun('run') });
    const reading = (async () => {
      for await (const bytes of readDelimited(response.body as never, { maxBytes: 1 << 20 }))
        if (piece.decode(bytes).end) return 'an end';
      return 'a whole answer';
    })();
    const stopped = test.stop();
    await expect(reading).rejects.toThrow();
    await stopped;
    test = await testGateway();
  });
});

describe('findings that passed every step', () => {
  it('are those of all severities, of one partition', async () => {
    await submitted('r1');
    await enriched('a', { severities: Uint8Array.of(4) });
    await enriched('b');
    await enriched('x', { target: { name: 'another', kind: '' } });
    await parsed('r1', 2, { steps: [] });
    expect(await read('')).toMatchObject({ titles: 'a b', end: { missing: [] } });
  });

  it('are read by an administrator of any run that is known', async () => {
    expect(await read('', { headers: asAdmin })).toMatchObject({ status: 404, code: 'run.missing' });
    const facts = { pipeline: 'scan', target: 'shop', revision: '', phase: 'finished', updatedAt: noon.toISOString() };
    test.store.allRuns.push({ runId: 'run', ...facts });
    await submitted('r1');
    await enriched('a');
    await parsed('r1', 1);
    expect(await read('', { headers: asAdmin })).toMatchObject({ titles: 'a', end: { missing: [] } });
  });
});

describe('what a step returns', () => {
  const delta = { positions: [1], annotations: { 'age.days': '3' }, severity: 'critical', owners: ['@a'] };
  const suppressed = { suppression: { justification: 'old' } };

  it('is added to the batch in the stream, and the step taken off', async () => {
    await enriching('a b', { steps: [age, { name: 'annotate', params: { x: 'y' }, outside: false }] });
    const answered = await answer({ step: 'age', batches: [{ sequence: 1, enrichments: [delta, suppressed] }] });
    expect([answered.statusCode, answered.json()]).toEqual([202, { returned: 1 }]);
    const [returned, ...others] = returns();
    expect(others).toEqual([]);
    expect(returned?.subject).toBe('assay.finding.returned.age');
    expect(returned?.batch.steps).toEqual([{ name: 'annotate', params: { x: 'y' }, outside: false }]);
    expect(returned?.batch.enrichments).toMatchObject([
      { step: 'age', positions: [1], annotations: { 'age.days': '3' }, severity: 5, owners: ['@a'] },
      { step: 'age', positions: [], severity: 0, suppression: { kind: 'external', justification: 'old' } },
    ]);
    expect(recordsOf(returned?.batch as Batch).map(({ title }) => title)).toEqual(['a', 'b']);
  });

  it('counts once however often it is said, and says its name when it adds nothing', async () => {
    await enriching('a');
    for (let times = 0; times < 2; times++) await answer({ step: 'age', batches: [{ sequence: 1 }, { sequence: 1 }] });
    expect(returns().map(({ batch }) => batch.enrichments)).toEqual([[expect.objectContaining({ step: 'age' })]]);
  });

  it.each<[string, object, number, string]>([
    ['a batch that is not there', { sequence: 9 }, 404, 'batch.missing'],
    ['a batch of another run', { sequence: 2 }, 403, 'batch.forbidden'],
    ['a batch that waits for another step', { sequence: 3 }, 403, 'batch.forbidden'],
    ['a batch that waits for a step of another process', { sequence: 4 }, 403, 'batch.forbidden'],
    ['an event that is no waiting batch', { sequence: 5 }, 403, 'batch.forbidden'],
    ['a position behind the last', { sequence: 1, enrichments: [{ positions: [1] }] }, 400, 'batch.position'],
    ['a severity that nobody knows', { sequence: 1, enrichments: [{ severity: 'urgent' }] }, 400, 'request.invalid'],
    ['a member that is none', { sequence: 1, enrichments: [{ title: 'x' }] }, 400, 'request.invalid'],
    [
      'too many annotations',
      {
        sequence: 1,
        enrichments: [{ annotations: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [n, ''])) }],
      },
      400,
      'request.invalid',
    ],
    [
      'an annotation that is too long',
      { sequence: 1, enrichments: [{ annotations: { a: 'x'.repeat(5000) } }] },
      400,
      'request.invalid',
    ],
  ])('is refused for %s', async (_, batch, status, code) => {
    await enriching('a');
    await enriching('b', { runId: 'other' });
    await enriching('c', { steps: [{ ...age, name: 'other' }] });
    await enriching('d', { steps: [{ ...age, outside: false }] });
    await enriched('e');
    const answered = await answer({ step: 'age', batches: [batch] });
    expect([answered.statusCode, answered.json().code]).toEqual([status, code]);
    expect(returns()).toEqual([]);
  });

  it('is refused when it is too large, or too much at a time', async () => {
    const long = { step: 'age', batches: [{ sequence: 1, enrichments: [{ owners: ['x'.repeat(8 * 1024 * 1024)] }] }] };
    expect((await answer(long)).statusCode).toBe(413);
    const many = { step: 'age', batches: Array.from({ length: 257 }, (_, n) => ({ sequence: n + 1 })) };
    expect((await answer(many)).statusCode).toBe(400);
  });

  it('waits while the platform is too far behind', async () => {
    await enriching('a');
    test.world.overload = { retryAfterMs: 3000 };
    const answered = await answer({ step: 'age', batches: [{ sequence: 1 }] });
    expect([answered.statusCode, answered.headers['retry-after']]).toEqual([503, '3']);
    expect(returns()).toEqual([]);
  });
});

it('a run’s token is for its run only', async () => {
  await enriching('a', { runId: 'other' });
  const headers = asRun('run');
  expect(await read('?step=age', { run: 'other', headers })).toMatchObject({
    status: 403,
    code: 'run-findings.forbidden',
  });
  const answered = await answer({ step: 'age', batches: [{ sequence: 1 }] }, { run: 'other', headers });
  expect([answered.statusCode, answered.json().code]).toEqual([403, 'run-findings.forbidden']);
});

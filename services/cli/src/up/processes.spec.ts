// The services as processes of their own, as a cluster runs them: the same result, shared work, nothing lost or twice
// when one is killed.
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { deadLetters } from '@assay/bus';
import { assessmentNames, type RunAssessed } from '@assay/contracts';
import { type Deployment, deploy, writeGosecReport } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const findings = 30_000;
const small = 1000;
let deployment: Deployment;
let folder: string;
let report: string;
let smallReport: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-processes-'));
  report = join(folder, 'gosec.json');
  await writeGosecReport(report, findings);
  smallReport = join(folder, 'small.json');
  await writeGosecReport(smallReport, small);
  deployment = await deploy();
});
afterAll(async () => {
  await deployment?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${deployment.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${deployment.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok && response.status !== 404)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function submit(target: string, file = report): Promise<string> {
  const query = new URLSearchParams({
    format: 'gosec',
    target,
    sourceRoot: '/workspace/source',
    step: 'annotate:team=web',
  });
  const response = await fetch(`${deployment.url}/api/v1/reports?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${deployment.token}` },
    body: Readable.toWeb(createReadStream(file)) as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  expect(response.status).toBe(202);
  return ((await response.json()) as { runId: string }).runId;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const assessed = (runId: string) =>
  until(async () => (await call<{ assessed?: RunAssessed }>('GET', `/api/v1/runs/${runId}`)).assessed);

/** What a file sink wrote, once it has as much as expected. */
async function delivered(
  sink: string,
  lines: number,
): Promise<{ id: string; transition: string; annotations: { team: string } }[]> {
  const whole = await until(async () => {
    const content = await readFile(join(deployment.home, 'sinks', `${sink}.jsonl`), 'utf8').catch(() => '');
    // What stands behind the last line break is still being written.
    const written = content.split('\n').slice(0, -1);
    return written.length >= lines ? written : undefined;
  });
  return whole.map((line) => JSON.parse(line));
}

const addSink = (name: string, subject: string) =>
  call('POST', '/api/v1/sinks', {
    name,
    type: 'file',
    subject,
    start: 'all',
    config: { path: `${name}.jsonl`, format: 'jsonl' },
  });

function reconciles(run: RunAssessed, transition: string, count = findings): void {
  expect(run.problems).toEqual([]);
  expect(
    assessmentNames.of(run.assessment) === 'unspecified' ? run.assessment : assessmentNames.of(run.assessment),
  ).toMatch(/complete/i);
  expect(run.transitions).toEqual({ [transition]: count });
  for (const report of run.reports) expect(report.raw).toBe(report.findings);
}

describe('services, each a process', () => {
  it('bring a report to a sink: every finding once, and recurring the second time', async () => {
    await addSink('plain', 'assay.finding.changed.>');
    reconciles(await assessed(await submit('plain')), 'opened');
    const first = await delivered('plain', findings);
    expect(new Set(first.map(({ id }) => id)).size).toBe(findings);
    expect(first.every(({ transition, annotations }) => transition === 'opened' && annotations.team === 'web')).toBe(
      true,
    );

    reconciles(await assessed(await submit('plain')), 'recurred');
    const both = await delivered('plain', 2 * findings);
    expect(new Set(both.map(({ id }) => id)).size).toBe(findings);
  });

  it.each(['producer', 'enricher', 'ledger', 'consumer'])(
    'lose and duplicate nothing when the %s is killed in mid-report',
    async (name) => {
      const sink = `killed-${name}`;
      await addSink(sink, 'assay.finding.changed.opened.>');
      const before = (await delivered(sink, findings).catch(() => [])).length;
      const victim = deployment.services.findLast((service) => service.name === name);
      const bus = await deployment.nats.connect();
      const stopping = new AbortController();
      const submittedAt = new Date();
      const runId = await submit(sink);
      // As soon as the victim's stage is under way. It may be by now.
      const sign = {
        producer: 'assay.finding.reported.>',
        enricher: 'assay.finding.enriched.>',
        ledger: 'assay.finding.changed.>',
        consumer: 'assay.delivery.finished.>',
      }[name];
      for await (const message of bus.tail([sign ?? ''], { start: submittedAt, signal: stopping.signal })) {
        expect(message.subject).toContain('assay.');
        break;
      }
      stopping.abort();
      await victim?.kill('SIGKILL');
      await deployment.start(name);

      reconciles(await assessed(runId), 'opened');
      const lines = await delivered(sink, before + findings);
      expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
      expect(await deadLetters(bus)).toEqual([]);
    },
  );

  it('share the work of one durable between two replicas', async () => {
    const second = await deployment.start('producer');
    const runs = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => submit(`shared-${name}`, smallReport)));
    for (const run of runs) reconciles(await assessed(run), 'opened', small);
    const metrics = await (await fetch(`${second.healthUrl}/metrics`)).text();
    const handled = /assay_events_handled_total\{[^}]*service="producer"[^}]*\} (\d+)/.exec(metrics)?.[1];
    expect(Number(handled)).toBeGreaterThan(0);
    expect(Number(handled)).toBeLessThan(runs.length);
  });
});

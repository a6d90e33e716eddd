// The example as its README starts it: its own venv, a real nats-server, the enricher as a process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Bus, StoredMessage } from '@assay/bus';
import { type Batch, batchType, findingBatchType, recordsOf } from '@assay/contracts';
import { type Deployment, deploy, preparePython } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const folder = import.meta.dirname;
let deployment: Deployment;
let bus: Bus;
let step: Step;

interface Step {
  child: ChildProcess;
  stderr: Interface;
  errors: string[];
}

beforeAll(async () => {
  const python = preparePython(join(folder, 'requirements.txt'));
  deployment = await deploy({ services: ['enricher'], env: { ASSAY_ENRICHER_OUTSIDE_STEPS: 'age' } });
  bus = await deployment.nats.connect();
  step = await startStep(python);
}, 300_000);

afterAll(async () => {
  await endStep('SIGTERM');
  await deployment?.stop();
});

async function startStep(python: string): Promise<Step> {
  const child = spawn(python, [join(folder, 'age.py')], {
    env: { PATH: process.env['PATH'], NATS_URL: deployment.nats.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  const stderr = createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(errors.join('\n'))));
  const ready = once(createInterface({ input: child.stdout }), 'line');
  await Promise.race([ready, ended]);
  ended.catch(() => {}); // It ends with the suite.
  return { child, stderr, errors };
}

async function endStep(signal: NodeJS.Signals): Promise<unknown[] | undefined> {
  if (!step || step.child.exitCode !== null || step.child.signalCode !== null) return undefined;
  const exited = once(step.child, 'exit');
  step.child.kill(signal);
  return exited;
}

const year = new Date().getFullYear();

/** A batch of four findings: known for ten years, for one, for none, and no vulnerability. */
function report(reportId: string, steps: { name: string; params?: Record<string, string> }[]): Batch {
  const cves = [[`CVE-${year}-1`, `CVE-${year - 10}-1`], [`CVE-${year - 1}-99999`], [`CVE-${year}-1`], []];
  const json = {
    reportId,
    target: { name: 'shop' },
    tool: { name: 'gosec' },
    findings: cves.map((some, index) => ({ rule: `r${index}`, severity: 'SEVERITY_LOW', cves: some })),
    identities: Buffer.concat(cves.map((_, index) => Buffer.alloc(16, index + 1))).toString('base64'),
    severities: Buffer.alloc(4, 2).toString('base64'),
    steps,
  };
  return batchType.decode(findingBatchType.encode(findingBatchType.fromJson(json)));
}

async function enriched(reportId: string, findings: number): Promise<ReturnType<typeof recordsOf>> {
  const records: ReturnType<typeof recordsOf> = [];
  const ending = new AbortController();
  const events: AsyncIterable<StoredMessage> = bus.tail(['assay.finding.enriched.>'], {
    start: 'all',
    signal: ending.signal,
  });
  for await (const { payload } of events) {
    const batch = batchType.decode(payload);
    if (batch.reportId === reportId) records.push(...recordsOf(batch));
    if (records.length >= findings) ending.abort();
  }
  return records.sort((a, b) => a.rule.localeCompare(b.rule));
}

const publish = (batch: Batch) =>
  bus.publish(
    { subject: 'assay.finding.reported.gosec', headers: {}, payload: batchType.encode(batch) },
    batch.reportId,
  );

describe('the step "age"', () => {
  it('adds what it knows between our steps, and raises what is overdue', async () => {
    await publish(
      report('first', [
        { name: 'annotate', params: { before: '1' } },
        { name: 'age', params: { overdue: '5' } },
        { name: 'annotate', params: { after: '1' } },
      ]),
    );
    const around = { before: '1', after: '1' };
    expect((await enriched('first', 4)).map(({ severity, annotations }) => ({ severity, annotations }))).toEqual([
      { severity: 'high', annotations: { ...around, 'age.years': '10' } },
      { severity: 'low', annotations: { ...around, 'age.years': '1' } },
      { severity: 'low', annotations: { ...around, 'age.years': '0' } },
      { severity: 'low', annotations: around },
    ]);
    expect(step.errors).toEqual([]);
  });

  it('does not stop at a message it cannot read', async () => {
    await bus.publish({ subject: 'assay.finding.enriching.age', headers: {}, payload: Uint8Array.of(0xff) }, 'broken');
    await publish(report('second', [{ name: 'age' }]));
    expect(await enriched('second', 4)).toHaveLength(4);
    if (step.errors.length === 0) await once(step.stderr, 'line');
    expect(step.errors).toEqual([expect.stringContaining('cannot enrich message')]);
  });

  it('ends in order on SIGTERM', async () => {
    expect({ ended: await endStep('SIGTERM'), errors: step.errors.slice(1) }).toEqual({ ended: [0, null], errors: [] });
  });
});

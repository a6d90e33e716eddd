// One scan through the platform: a report is handed in, and everything that must be true afterwards is looked at.
import { join } from 'node:path';
import { deadLetters } from '@assay/bus';
import { Assessment, assessmentNames, type RunAssessed } from '@assay/contracts';
import { expect } from '@jest/globals';
import { until } from './journal.suite.ts';
import { type Report, sourceRoot, type TargetModel } from './model.suite.ts';
import type { Rig } from './rig.suite.ts';
import { LinesFile, Receiver } from './sinks.suite.ts';

/** Hands a report in until it is taken; the same key makes it one report. */
export async function submit(rig: Rig, target: string, { text }: Report): Promise<string> {
  const query = new URLSearchParams({ format: 'gosec', target, sourceRoot, step: 'annotate:team=web' });
  const headers = {
    prefer: 'respond-async',
    'idempotency-key': `${target}-${rig.random.between(0, 2 ** 31)}`,
    'content-type': 'application/json',
  };
  const { status, json } = await rig.insist('POST', `/api/v1/reports?${query}`, text, headers);
  if (status !== 202) throw new Error(`a report of ${target} was answered ${status}: ${JSON.stringify(json)}`);
  return (json as { runId: string }).runId;
}

export interface Sinks {
  file: LinesFile;
  receiver: Receiver;
}

/** Both sinks, declared and listening. */
export async function startSinks(rig: Rig): Promise<Sinks> {
  const receiver = new Receiver();
  await receiver.listen();
  for (const sink of [
    { name: 'file', type: 'file', config: { path: 'all.jsonl' } },
    { name: 'hook', type: 'webhook', config: { url: receiver.url, allowPrivate: true, timeoutMs: 2000 } },
  ]) {
    const spec = JSON.stringify({ ...sink, subject: 'assay.finding.changed.>', start: 'all' });
    const { status, json } = await rig.insist('POST', '/api/v1/sinks', spec, { 'content-type': 'application/json' });
    expect([status, json]).toEqual([201, expect.anything()]);
  }
  return { file: new LinesFile(join(rig.deployment.home, 'sinks/all.jsonl')), receiver };
}

/** Compares what the platform says, stores and delivers of a run with what the model says. */
export async function expectWhole(rig: Rig, { file, receiver }: Sinks, runId: string, expected: Report): Promise<void> {
  const assessed = await lastWord(rig, runId);
  expect(assessed.problems).toEqual([]);
  expect(assessed.transitions).toEqual(countsOf(expected.transitions));
  const [report, ...more] = assessed.reports;
  expect(more).toEqual([]);
  expect(report).toMatchObject({ raw: expected.raw, findings: expected.findings, filtered: {} });
  expect(Object.values(report?.merged ?? {}).reduce((sum, count) => sum + count, 0)).toBe(expected.merged);

  const all = expected.transitions.size;
  const [lines, hooked] = [await file.of(runId), () => receiver.runs.get(runId)?.size ?? 0];
  await until(`all of ${runId} in the file`, async () => ((await file.of(runId)).size >= all ? true : undefined), {
    state: () => lines.size,
  });
  await until(`all of ${runId} at the webhook`, () => (hooked() >= all ? true : undefined), { state: hooked });
  expectSame(await file.of(runId), expected.transitions, `${runId} in the file`);
  expect(receiver.wrong).toEqual([]);
  expectSame(receiver.runs.get(runId) ?? new Map(), expected.transitions, `${runId} at the webhook`);
}

/** Every finding of a target is stored once, in the state the model has. */
export async function expectStored(rig: Rig, model: TargetModel): Promise<void> {
  const stored = new Map<string, string>();
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ target: model.name, limit: '1000', ...(after ? { after } : {}) });
    const page = await rig.read<{ items: { id: string; state: string }[]; next?: string }>(`/api/v1/findings?${query}`);
    for (const { id, state } of page?.items ?? []) {
      if (stored.has(id)) throw new Error(`finding ${id} of ${model.name} is stored twice`);
      stored.set(id, state);
    }
    after = page?.next;
  } while (after !== undefined);
  expectSame(stored, model.states, `${model.name} in the store`);
}

export async function expectNoDeadLetters(rig: Rig): Promise<void> {
  // Our own connection has been through the same: a question that went with nats-server is asked again.
  const letters = await until('the dead letters are read', () => deadLetters(rig.bus).catch(() => undefined));
  expect(letters.map(({ letter: { service, subject, reason } }) => ({ service, subject, reason }))).toEqual([]);
}

async function lastWord(rig: Rig, runId: string): Promise<RunAssessed> {
  let seen: unknown;
  return until(
    `run ${runId} is complete`,
    async () => {
      const run = await rig.read<{ phase: string; assessed?: RunAssessed }>(`/api/v1/runs/${runId}`);
      const { assessed } = run ?? {};
      seen = assessed ? { is: assessmentNames.of(assessed.assessment), problems: assessed.problems } : run?.phase;
      return assessed?.assessment === Assessment.COMPLETE ? assessed : undefined;
    },
    { state: () => seen },
  );
}

function countsOf(transitions: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const transition of transitions.values()) counts[transition] = (counts[transition] ?? 0) + 1;
  return counts;
}

// Thousands of entries: the first differences say more than all of both.
function expectSame(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>, what: string): void {
  const differences = [...new Set([...found.keys(), ...expected.keys()])]
    .filter((id) => found.get(id) !== expected.get(id))
    .map((id) => `${id}: ${found.get(id) ?? 'missing'} instead of ${expected.get(id) ?? 'nothing'}`);
  if (differences.length > 0)
    throw new Error(`${what} differs in ${differences.length}, e.g. ${differences.slice(0, 3).join('; ')}`);
}

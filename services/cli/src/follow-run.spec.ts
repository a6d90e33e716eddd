import { Outcome, runAssessed } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { followRun, type Progress } from './follow-run.ts';
import { assessedRun } from './testing/assessed.ts';
import { type Exchange, scriptedGateway, streamOf } from './testing/scripted-gateway.ts';

const requestedAt = '2026-03-01T12:00:00.000Z';
const stored = { runId: 'run-1', requested: { runId: 'run-1', requestedAt } };
const known: Exchange = { request: 'GET /api/v1/runs/run-1', answer: stored };
const events = `GET /api/v1/events?subject=assay.task.started.>&subject=assay.task.finished.>&subject=assay.run.>&since=${requestedAt}`;
const event = (name: string, data: object) => ({
  specversion: '1.0',
  type: `dev.assay.${name}.v1`,
  data: { runId: 'run-1', ...data },
});
const assessed = event('run.assessed', runAssessed.message.toJson(assessedRun()));

async function follow(url: string, everyMs: number, told: Progress[] = [], signal = new AbortController().signal) {
  const client = new Client({ url }, { signal, sleep: async () => {} });
  return followRun(client, 'run-1', { onProgress: (progress) => told.push(progress), signal, everyMs, reconnectMs: 1 });
}

describe('followRun', () => {
  it('tells what happens in this run, each thing once, and ends with its assessment', async () => {
    const started = event('task.started', { task: 'eslint' });
    await using gateway = await scriptedGateway([
      known,
      {
        request: events,
        answer: streamOf(
          { ...started, data: { ...started.data, runId: 'another' } },
          started,
          started,
          event('task.finished', { task: 'eslint', outcome: 'OUTCOME_SUCCEEDED', durationMs: 5 }),
          event('run.finished', {}),
          { specversion: '1.0', type: 'com.example.other', data: 'text' },
          assessed,
        ),
      },
    ]);
    const told: Progress[] = [];
    expect(await follow(gateway.url, 60_000, told)).toEqual(assessedRun());
    expect(told).toEqual([
      { kind: 'task-started', task: expect.objectContaining({ task: 'eslint' }) },
      { kind: 'task-finished', task: expect.objectContaining({ outcome: Outcome.SUCCEEDED }) },
      { kind: 'run-finished' },
    ]);
    await gateway.finish();
  });

  it('goes on where a stream broke off', async () => {
    const cut = (response: import('node:http').ServerResponse) => {
      streamOf(event('task.started', { task: 'eslint' }))(response);
      response.end();
    };
    await using gateway = await scriptedGateway([
      known,
      { request: events, answer: cut },
      {
        request: 'GET /api/v1/events?subject=assay.task.started.>&subject=assay.task.finished.>&subject=assay.run.>',
        answer: streamOf(assessed),
      },
    ]);
    expect((await follow(gateway.url, 60_000)).runId).toBe('run-1');
    expect(gateway.received.at(-1)?.headers['last-event-id']).toBe('assay-run:1');
    await gateway.finish();
  });

  it('believes the run itself where no stream tells of it', async () => {
    const json = runAssessed.message.toJson(assessedRun());
    await using gateway = await scriptedGateway([
      { request: events, answer: streamOf() },
      // Enums as numbers, as the store has them.
      { ...known, answer: { ...stored, assessed: { ...json, assessment: 1 } }, isRepeated: true },
    ]);
    expect((await follow(gateway.url, 20)).assessment).toBe(1);
    await gateway.finish();
  });

  it('ends with the signal', async () => {
    const ending = new AbortController();
    const stop = (response: import('node:http').ServerResponse) => {
      streamOf()(response);
      ending.abort(new Error('SIGINT'));
    };
    await using gateway = await scriptedGateway([known, { request: events, answer: stop }]);
    await expect(follow(gateway.url, 60_000, [], ending.signal)).rejects.toBeDefined();
  });

  it('ends when the platform is gone for good', async () => {
    await using gateway = await scriptedGateway([known, { request: events, answer: streamOf() }]);
    const following = follow(gateway.url, 50);
    following.catch(() => {});
    await gateway.finish().catch(() => {});
    await expect(following).rejects.toThrow('nothing answers at');
  });
});

import { PassThrough } from 'node:stream';
import { runAssessed } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { awaitReport } from './await-report.ts';
import { Client } from './client.ts';
import { openIo } from './io.ts';
import { assessedRun } from './testing/assessed.ts';
import { type Exchange, scriptedGateway, streamOf } from './testing/scripted-gateway.ts';

const requestedAt = '2026-03-01T12:00:00.000Z';
const letter = (sequence: number) => ({
  sequence,
  service: 'producer',
  code: 'report.truncated',
  reason: 'it was cut off',
  subject: 'assay.report.submitted.gosec',
  diedAt: new Date().toISOString(),
});
const following: Exchange[] = [
  { request: 'GET /api/v1/runs/run-1', answer: { requested: { requestedAt } }, isRepeated: true },
  {
    request: `GET /api/v1/events?subject=assay.task.started.>&subject=assay.task.finished.>&subject=assay.run.>&since=${requestedAt}`,
    answer: streamOf(),
  },
];

async function wait(script: readonly Exchange[]): Promise<string> {
  await using gateway = await scriptedGateway(script);
  const { signal } = new AbortController();
  const stream = new PassThrough();
  const io = openIo({ env: {}, stdout: stream, stderr: stream, signal });
  const client = new Client({ url: gateway.url }, { signal });
  const submitted = { reportId: 'rep-1', runId: 'run-1', digest: '', size: 1 };
  return (await awaitReport(io, client, submitted, { everyMs: 20 })).runId;
}

describe('awaitReport', () => {
  it('ends with the reason when the report became a dead letter, not with another one’s', async () => {
    const waiting = wait([
      ...following,
      {
        request: 'GET /api/v1/dead?limit=1000',
        answer: { items: [letter(1), { ...letter(2), subject: 'assay.run.requested.scan' }] },
      },
      { request: 'GET /api/v1/dead/1', answer: { ...letter(1), headers: { 'ce-id': 'another' } } },
      { request: 'GET /api/v1/dead?limit=1000&after=2', answer: { items: [letter(3)] } },
      { request: 'GET /api/v1/dead/3', answer: { ...letter(3), headers: { 'ce-id': 'rep-1' } } },
    ]);
    await expect(waiting).rejects.toThrow('the report was refused: it was cut off');
  });

  it('waits for the run alone when the token may not see dead letters', async () => {
    const assessed = runAssessed.message.toJson(assessedRun());
    const script: Exchange[] = [
      { request: 'GET /api/v1/runs/run-1', answer: { requested: { requestedAt }, assessed }, isRepeated: true },
      following[1] as Exchange,
      { request: 'GET /api/v1/dead?limit=1000', status: 403, answer: { detail: 'the token lacks a scope' } },
    ];
    expect(await wait(script)).toBe('run-1');
  });
});

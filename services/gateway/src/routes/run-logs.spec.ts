import type { StoredRun } from '@assay/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
let digest: string;
beforeEach(async () => {
  test = await testGateway();
  const blob = await test.blobs.put(Buffer.from('one\ntwo\n'), { mediaType: 'text/plain' });
  digest = blob.digest;
  const task = { task: 'gosec', logs: [{ step: 'scan', blob, truncated: true }] };
  test.store.allRuns.push({ runId: 'a', tasks: [task], finished: { tasks: [task] } } as unknown as StoredRun);
});
afterEach(() => test.stop());

const get = (url: string, headers: Record<string, string> = asAdmin) => test.app.inject({ url, headers });

describe('the logs of a run', () => {
  it('are listed once a step', async () => {
    const answer = await get('/api/v1/runs/a/logs');
    expect(answer.json()).toEqual({ items: [{ task: 'gosec', step: 'scan', digest, size: 8, truncated: true }] });
  });

  it('are plain text that no browser takes for anything else', async () => {
    const answer = await get('/api/v1/runs/a/logs/gosec/scan');
    expect(answer.body).toBe('one\ntwo\n');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    ['/api/v1/runs/a/logs/gosec/submit', 404, 'log.missing'],
    ['/api/v1/runs/a/logs/eslint/scan', 404, 'log.missing'],
    ['/api/v1/runs/z/logs', 404, 'run.missing'],
    ['/api/v1/runs/z/logs/gosec/scan', 404, 'run.missing'],
  ])('GET %s is a %i', async (url, status, code) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it('are for who may read runs', async () => {
    expect((await get('/api/v1/runs/a/logs/gosec/scan', {})).statusCode).toBe(401);
  });
});

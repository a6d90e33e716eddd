import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { scriptedGateway } from '../testing/scripted-gateway.ts';
import { checkDisk, checkHome, checkNatsServer, checkNode, checkPackages, checkPort } from './machine.ts';
import { checkClock, checkGateway, checkStore } from './platform.ts';

let home: string;
let server: Server;
let port: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-doctor-'));
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  server.close();
  await rm(home, { recursive: true });
});

const { signal } = new AbortController();

describe('the machine', () => {
  it.each([
    ['24.21.0', 'ok'],
    ['25.0.0', 'ok'],
    ['20.19.5', 'repair'],
  ])('Node %s is %s', (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });

  it('names packages that are not installed', () => {
    const resolve = (name: string) => {
      if (name === 'b') throw new Error('not there');
      return name;
    };
    expect(checkPackages(['a'], resolve).status).toBe('ok');
    expect(checkPackages(['a', 'b'], resolve)).toMatchObject({ status: 'repair', detail: 'b cannot be found' });
  });

  it('connects to the nats-server that is named', async () => {
    const nats = await startNats();
    try {
      expect(await checkNatsServer({ ASSAY_NATS_URL: nats.url })).toMatchObject({
        status: 'ok',
        detail: expect.stringMatching(/^\d+\.\d+\.\d+ answers/),
      });
    } finally {
      await nats.stop();
    }
  });

  it.each([
    ['where none listens', { ASSAY_NATS_URL: 'nats://me:hunter2@127.0.0.1:1' }, 'no nats-server answers'],
    ['that is no address', { ASSAY_NATS_URL: 'nonsense' }, 'URL'],
    [
      'with a credential that is not there',
      { ASSAY_NATS_URL: 'nats://127.0.0.1:1', ASSAY_NATS_CREDENTIALS: '/nonexistent/seed' },
      '/nonexistent/seed',
    ],
  ])('refuses a nats-server %s', async (_, env, sentence) => {
    const diagnosis = await checkNatsServer(env);
    expect(diagnosis).toMatchObject({ status: 'repair', detail: expect.stringContaining(sentence) });
    expect(diagnosis.detail).not.toContain('hunter2');
  });

  it('accepts a home that is there, or that can be made', async () => {
    expect(await checkHome({ ASSAY_HOME: home })).toMatchObject({ status: 'ok', detail: home });
    expect(await checkHome({ ASSAY_HOME: join(home, 'a/b') })).toMatchObject({ status: 'ok' });
  });

  it('wants secrets that others cannot read', async () => {
    await mkdir(join(home, 'secrets'));
    await chmod(join(home, 'secrets'), 0o755);
    const repair = `chmod 700 ${join(home, 'secrets')}`;
    expect(await checkHome({ ASSAY_HOME: home })).toMatchObject({ status: 'repair', repair });
  });

  it('refuses a home that is a file', async () => {
    await writeFile(join(home, 'file'), '');
    expect(await checkHome({ ASSAY_HOME: join(home, 'file') })).toMatchObject({ status: 'repair' });
  });

  it('sees how much room there is', async () => {
    expect((await checkDisk({ ASSAY_HOME: join(home, 'later') })).detail).toMatch(/^\d+\.\d GiB free at /);
  });

  it('tells a port that is free, ours or somebody else’s', async () => {
    const instance = { pid: 7, url: `http://127.0.0.1:${port}`, natsUrl: '', tokenFile: '' };
    expect(await checkPort('gateway', 'ASSAY_GATEWAY_PORT', port, instance)).toMatchObject({
      status: 'ok',
      detail: 'gateway of the platform that runs (process 7)',
    });
    const taken = await checkPort('gateway', 'ASSAY_GATEWAY_PORT', port, undefined);
    expect(taken).toMatchObject({ status: 'repair', repair: expect.stringContaining('set ASSAY_GATEWAY_PORT') });
    await new Promise((resolve) => server.close(resolve));
    expect(await checkPort('gateway', 'ASSAY_GATEWAY_PORT', port, undefined)).toMatchObject({ status: 'ok' });
  });
});

describe('the platform', () => {
  it('is ready, and has our time', async () => {
    await using gateway = await scriptedGateway([{ request: 'GET /readyz', answer: { status: 'ready' } }]);
    const diagnoses = await checkGateway({ ASSAY_HOME: home, ASSAY_URL: gateway.url }, undefined, signal);
    expect(diagnoses.map(({ name, status }) => [name, status])).toEqual([
      ['gateway', 'ok'],
      ['clock', 'ok'],
    ]);
  });

  it('is named with its reason when it is not ready', async () => {
    await using gateway = await scriptedGateway([
      { request: 'GET /readyz', status: 503, answer: { failures: { bus: 'gone' } } },
    ]);
    const [diagnosis] = await checkGateway({ ASSAY_HOME: home, ASSAY_URL: gateway.url }, undefined, signal);
    expect(diagnosis).toMatchObject({ status: 'repair', detail: expect.stringContaining('bus') });
  });

  it('must be there only where somebody said so', async () => {
    const gateway = await scriptedGateway([]);
    await gateway.finish();
    const [named] = await checkGateway({ ASSAY_HOME: home, ASSAY_URL: gateway.url }, undefined, signal);
    expect(named).toMatchObject({ status: 'repair', detail: expect.stringContaining('does not answer') });
    const [wrong] = await checkGateway({ ASSAY_HOME: home, ASSAY_URL: 'nonsense' }, undefined, signal);
    expect(wrong).toMatchObject({ status: 'repair' });
  });

  it.each([
    ['Sun, 01 Mar 2026 12:00:30 GMT', 'ok'],
    ['Sun, 01 Mar 2026 12:05:00 GMT', 'repair'],
    [null, 'optional'],
  ])('has a clock of %s: %s', (date, status) => {
    expect(checkClock(date, new Date('2026-03-01T12:00:00Z')).status).toBe(status);
  });

  it.each([
    ['a file that is not there yet', () => `sqlite:${join(home, 'none.db')}`, 'ok'],
    ['a database that answers', () => `mongodb://me:pw@127.0.0.1:${port}/assay`, 'ok'],
    ['several of them', () => `mongodb://127.0.0.1:${port},other.invalid:1/assay`, 'ok'],
    ['one that does not', () => 'mongodb://127.0.0.1:1/assay', 'repair'],
    ['what is no address', () => 'mongodb//', 'repair'],
  ])('keeps its store in %s', async (_, url, status) => {
    const diagnosis = await checkStore(url());
    expect(diagnosis).toMatchObject({ status });
    expect(diagnosis.detail).not.toContain('pw');
  });

  it('notices a store that is no database', async () => {
    await writeFile(join(home, 'broken.db'), 'this is no database, however long it is'.repeat(100));
    expect(await checkStore(`sqlite:${join(home, 'broken.db')}`)).toMatchObject({ status: 'repair' });
  });
});

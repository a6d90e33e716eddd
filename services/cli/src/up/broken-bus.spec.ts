// A nats-server that is too old, is none, or goes away under a running platform.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { newHome, type TestHome } from '@assay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

let home: TestHome;
beforeAll(async () => {
  home = await newHome();
});
afterAll(() => home.remove());

/** A server that says what it is told to say, and then agrees to everything. */
async function scripted(greeting: string): Promise<{ port: number; server: Server; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(greeting);
    socket.on('data', (chunk) => /PING/.test(String(chunk)) && socket.write('PONG\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, server, close };
}

const info = (facts: object) =>
  `INFO ${JSON.stringify({ server_id: 'x', server_name: 'x', host: '127.0.0.1', proto: 1, headers: true, max_payload: 1_048_576, ...facts })}\r\n`;

describe('a nats-server that', () => {
  let fake: Awaited<ReturnType<typeof scripted>> | undefined;
  afterEach(() => fake?.close());

  it.each([
    [
      'is too old',
      info({ version: '2.8.0', jetstream: true }),
      2,
      /nats-server 2\.8\.0 at .* is too old: start 2\.9\.0 or newer/,
    ],
    ['has no JetStream', info({ version: '2.15.2' }), 2, /has no JetStream: start it with -js/],
    ['is none', 'HTTP/1.1 400 Bad Request\r\n\r\n', 3, /no nats-server answers at .*ASSAY_NATS_URL/],
  ])('%s is refused by name, place and repair', async (_, greeting, code, sentence) => {
    fake = await scripted(greeting);
    const { port } = fake;
    const other = await newHome({ ASSAY_NATS_URL: `nats://127.0.0.1:${port}` });
    const up = await other.assay('up');
    await other.remove();
    expect([up.code, up.stderr]).toEqual([code, expect.stringMatching(sentence)]);
    expect(up.stderr).toContain(`127.0.0.1:${port}`);
  });

  it('is an old program is refused before it is started', async () => {
    const program = join(home.home, 'nats-server');
    await writeFile(program, '#!/bin/sh\necho "nats-server: v2.8.0"\n');
    await chmod(program, 0o700);
    const other = await newHome({ ASSAY_NATS_SERVER: program });
    const up = await other.assay('up');
    await other.remove();
    expect([up.code, up.stderr]).toEqual([2, expect.stringMatching(/nats-server.*2\.8\.0.*2\.9\.0/)]);
  });
});

const natsPid = (platform: number) => Number(execFileSync('pgrep', ['-P', String(platform), 'nats-server']).toString());
// One that ended and that nobody has asked about yet is a zombie, and no longer runs.
const isAlive = (pid: number) =>
  /^[^Z\s]/.test(
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .stdout.toString()
      .trim(),
  );

describe('the platform', () => {
  it('ends with a clear sentence when nats-server is killed, and starts again with everything it had', async () => {
    const platform = await home.start('up');
    const report =
      '[{"RuleID":"r","Description":"d","File":"a","StartLine":1,"EndLine":1,"Match":"m","Secret":"abcdefgh"}]';
    await writeFile(join(home.home, 'leaks.json'), report);
    const submit = [
      'report',
      'submit',
      '--format',
      'gitleaks',
      '--target',
      'kept',
      '--wait',
      join(home.home, 'leaks.json'),
    ];
    expect((await home.assay(...submit)).code).toBe(0);
    process.kill(natsPid(platform.pid), 'SIGKILL');
    expect(await platform.exited).toBe(3);
    expect(platform.output()).toMatch(/nats-server ended \(SIGKILL\).*start again.*nats-server\.log/);
    // Nothing waited for an answer of a bus that is not there.
    expect(await readFile(join(home.home, '.assay/logs/assay.log'), 'utf8')).not.toMatch(/timeout/i);
    const again = await home.start('up');
    const listed = await home.assay('finding', 'ls', '-o', 'json');
    expect(listed.stdout).toContain('"kept"');
    const whole = await home.assay(...submit);
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining('recurring')]);
    await again.kill();
  });

  it('ends the nats-server that a killed platform left behind: two never write to one folder', async () => {
    const platform = await home.start('up');
    const left = natsPid(platform.pid);
    await platform.kill('SIGKILL');
    expect(isAlive(left)).toBe(true);
    const again = await home.start('up');
    expect(isAlive(left)).toBe(false);
    expect(natsPid(again.pid)).not.toBe(left);
    await again.kill();
    expect(await readFile(join(home.home, '.assay/data/nats/nats-server.log'), 'utf8')).not.toMatch(/\[ERR\]|\[FTL\]/);
  });

  it('ends cleanly on Ctrl-C, which a terminal sends to all of its processes', async () => {
    const platform = await home.start('up');
    const left = natsPid(platform.pid);
    // The group that the terminal would signal is ours; nats-server has its own.
    const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(left)])
      .toString()
      .trim();
    expect(Number(group)).toBe(left);
    await platform.kill('SIGINT');
    expect(await platform.exited).toBe(0);
    expect(isAlive(left)).toBe(false);
  });
});

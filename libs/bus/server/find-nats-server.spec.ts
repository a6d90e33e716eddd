import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeNatsServer, type FindOptions, findNatsServer } from './find-nats-server.mjs';
import { pins as realPins } from './pins.mjs';

let home: string;
let bin: string;
let site: Server | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'find-nats-server-'));
  bin = join(home, 'bin');
  mkdirSync(bin);
});

afterEach(async () => {
  site?.closeAllConnections();
  site?.close();
  site = undefined;
  rmSync(home, { recursive: true, force: true });
});

const serverScript = (version: string) => `#!/bin/sh\necho "nats-server: v${version}"\n`;
const program = (path: string, script: string) => writeFileSync(path, script, { mode: 0o755 });
const reason = (how: string, text: string) => expect.objectContaining({ how, reason: expect.stringContaining(text) });

/** A release as the project publishes it: a tar.gz with a folder, in it the program beside other files. */
function archive(version: string, script = serverScript(version)): Buffer {
  const file = (name: string, content: string) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(content.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
  };
  const folder = `nats-server-v${version}-linux-amd64`;
  return gzipSync(
    Buffer.concat([
      file(`${folder}/README.md`, 'x'.repeat(700)),
      file(`${folder}/nats-server`, script),
      Buffer.alloc(1024),
    ]),
  );
}

/** A release site, and pins that fit what it should serve. */
async function serve(listener: RequestListener, content = archive('2.15.0')): Promise<FindOptions['pins']> {
  site = createServer(listener).listen(0, '127.0.0.1');
  await once(site, 'listening');
  return pinsFor(`http://127.0.0.1:${(site.address() as AddressInfo).port}`, content);
}

function pinsFor(baseUrl: string, content = archive('2.15.0')): NonNullable<FindOptions['pins']> {
  const sha256 = { 'linux-amd64': createHash('sha256').update(content).digest('hex') };
  return { goVersion: '2.15.2', release: { version: '2.15.0', baseUrl, sha256 } };
}

/** No service was ever given port 2. */
const offline = pinsFor('http://127.0.0.1:2');

function find(options: FindOptions = {}) {
  const env = { HOME: home, PATH: bin, ...options.env };
  return findNatsServer({ pins: offline, platform: 'linux', arch: 'x64', ...options, env });
}

const cached = (version: string) => join(home, '.assay/cache/nats-server', version, 'nats-server');

describe('a server that is there', () => {
  it('on PATH is taken', async () => {
    program(join(bin, 'nats-server'), serverScript('2.9.10'));
    expect(await find()).toEqual({
      path: join(bin, 'nats-server'),
      version: '2.9.10',
      how: 'PATH',
      attempts: [reason('cache', 'nothing was fetched')],
    });
    expect(existsSync(join(home, '.assay'))).toBe(false);
  });

  it.each([
    ['too old', serverScript('2.8.4'), 'version 2.8.4 is too old, 2.9.0 is needed'],
    ['something else', '#!/bin/sh\necho hello\n', 'it is no nats-server'],
    ['broken', '#!/bin/sh\necho "no such library" >&2\nexit 127\n', 'it does not run: no such library'],
  ])('on PATH but %s is passed over, with the reason, for the next one on PATH', async (_, script, why) => {
    program(join(bin, 'nats-server'), script);
    const next = join(home, 'bin2');
    mkdirSync(next);
    program(join(next, 'nats-server'), serverScript('2.12.0'));
    expect((await find({ env: { PATH: `${bin}:${next}` } })).path).toBe(join(next, 'nats-server'));
    await expect(find({ install: false })).rejects.toMatchObject({
      name: 'NatsServerMissing',
      attempts: [expect.anything(), reason('PATH', why)],
    });
  });

  it('named by ASSAY_NATS_SERVER goes before all others', async () => {
    program(join(bin, 'nats-server'), serverScript('2.15.2'));
    program(join(home, 'mine'), serverScript('2.10.1'));
    const found = await find({ env: { ASSAY_NATS_SERVER: join(home, 'mine') } });
    expect(found).toMatchObject({ version: '2.10.1', how: 'ASSAY_NATS_SERVER' });
    expect(describeNatsServer(found)).toBe(`nats-server 2.10.1: from ASSAY_NATS_SERVER (${join(home, 'mine')})`);
  });

  it.each([
    ['missing', undefined, 'there is no such file'],
    ['too old', serverScript('2.2.0'), 'version 2.2.0 is too old'],
  ])('named by ASSAY_NATS_SERVER but %s is an error, not replaced by another', async (_, script, why) => {
    program(join(bin, 'nats-server'), serverScript('2.15.2'));
    if (script) program(join(home, 'mine'), script);
    await expect(find({ env: { ASSAY_NATS_SERVER: join(home, 'mine') } })).rejects.toThrow(why);
  });
});

describe('the official release', () => {
  it('is downloaded once, then taken from the cache', async () => {
    const requests: string[] = [];
    const pins = await serve((request, response) => {
      requests.push(request.url ?? '');
      response.end(archive('2.15.0'));
    });
    expect(await find(pins ? { pins } : {})).toMatchObject({
      path: cached('2.15.0'),
      version: '2.15.0',
      how: 'release',
    });
    expect(await find(pins ? { pins } : {})).toMatchObject({ path: cached('2.15.0'), how: 'cache', attempts: [] });
    expect(requests).toEqual(['/v2.15.0/nats-server-v2.15.0-linux-amd64.tar.gz']);
    expect(readdirSync(join(home, '.assay/cache/nats-server'))).toEqual(['2.15.0']);
  });

  it('is downloaded once by two at the same time', async () => {
    let requests = 0;
    const pins = await serve((_request, response) => {
      requests++;
      response.end(archive('2.15.0'));
    });
    const both = await Promise.all([find(pins ? { pins } : {}), find(pins ? { pins } : {})]);
    expect(both.map(({ path }) => path)).toEqual([cached('2.15.0'), cached('2.15.0')]);
    expect(both.map(({ how }) => how).sort()).toEqual(['cache', 'release']);
    expect(requests).toBe(1);
  });

  it.each<[string, RequestListener, string]>([
    [
      'was changed',
      (_, response) => response.end(archive('2.15.0', serverScript('6.6.6'))),
      'it was cut off or changed',
    ],
    [
      'is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '9999' });
        response.write(archive('2.15.0').subarray(0, 100), () => response.destroy());
      },
      'other side closed',
    ],
    [
      'is cut off, and the site does not say so',
      (_, response) => response.end(archive('2.15.0').subarray(0, 100)),
      'it was cut off',
    ],
    ['is not there', (_, response) => response.writeHead(404).end(), 'answered 404'],
    ['never begins', () => {}, 'did not answer within 0.2 s'],
    ['is too large', (_, response) => void sendForEver(response), 'is larger than'],
  ])('is refused when it %s, and nothing of it is kept', async (_, listener, why) => {
    const pins = await serve(listener);
    const options = pins ? { pins } : {};
    await expect(find({ ...options, limits: { connectMs: 200 } })).rejects.toMatchObject({
      attempts: expect.arrayContaining([reason('release', why)]),
    });
    expect(readdirSync(join(home, '.assay/cache/nats-server'))).toEqual([]);
  });

  it('without a checksum for this machine is not downloaded', async () => {
    await expect(find({ arch: 'riscv64' })).rejects.toMatchObject({
      attempts: expect.arrayContaining([reason('release', 'no pinned release for linux-riscv64')]),
    });
  });

  it('gives way to what is pinned now, and an older one is the last resort', async () => {
    const first = await serve((_, response) => response.end(archive('2.15.0')));
    await find(first ? { pins: first } : {});
    const next = { ...offline, goVersion: '2.16.0' };
    const found = await find({ pins: next });
    expect(found).toMatchObject({ path: cached('2.15.0'), how: 'older cache' });
    expect(found.attempts).toContainEqual(reason('cache', 'older pin'));
  });

  it('is pinned for Linux and macOS on both processors', () => {
    const sums = realPins.release.sha256;
    expect(Object.keys(sums).sort()).toEqual(['darwin-amd64', 'darwin-arm64', 'linux-amd64', 'linux-arm64']);
    for (const sum of Object.values(sums)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(Object.values(sums)).size).toBe(4);
  });
});

describe('without the release', () => {
  const go = (install: string) => `#!/bin/sh
case "$1" in
version) echo "go version go1.26" ;;
install) echo "$GOFLAGS $2" > "${home}/go-args"; ${install} ;;
esac
`;
  const goodGo = () =>
    go(`/bin/cat > "$GOBIN/nats-server" <<'END'\n${serverScript('2.15.2')}END\n/bin/chmod +x "$GOBIN/nats-server"`);
  const apt = (content: string) => {
    program(
      join(bin, 'apt-get'),
      `#!/bin/sh\n[ "$1 $2" = "download nats-server" ] && echo deb > nats-server_2.9.10_amd64.deb\n`,
    );
    program(
      join(bin, 'dpkg-deb'),
      `#!/bin/sh\n/bin/mkdir -p "$3/usr/sbin"\n/bin/cat > "$3/usr/sbin/nats-server" <<'END'\n${content}END\n/bin/chmod +x "$3/usr/sbin/nats-server"\n`,
    );
  };

  it('go install builds the pinned version, and says that it takes long', async () => {
    program(join(bin, 'go'), goodGo());
    const said: string[] = [];
    const found = await find({ log: (sentence) => said.push(sentence) });
    expect(found).toMatchObject({ path: cached('2.15.2'), version: '2.15.2', how: 'go install' });
    expect(found.attempts.map(({ how }) => how)).toEqual(['cache', 'PATH', 'release']);
    expect(readFileSync(join(home, 'go-args'), 'utf8')).toBe('-mod=mod github.com/nats-io/nats-server/v2@v2.15.2\n');
    expect(said).toEqual([expect.stringContaining('go install')]);
  });

  it('the package of the system is next, old as it may be', async () => {
    program(join(bin, 'go'), go('echo "go: no network" >&2; exit 1'));
    apt(serverScript('2.9.10'));
    const found = await find();
    expect(found).toMatchObject({ path: cached('2.9.10'), version: '2.9.10', how: 'apt' });
    expect(found.attempts).toContainEqual(reason('go install', 'go: no network'));
    expect(readdirSync(join(home, '.assay/cache/nats-server/2.9.10')).sort()).toEqual([
      'installed.json',
      'nats-server',
    ]);
  });

  it('what takes too long is given up', async () => {
    program(join(bin, 'go'), go('exec /bin/sleep 60'));
    await expect(find({ limits: { goMs: 300 } })).rejects.toMatchObject({
      attempts: expect.arrayContaining([reason('go install', 'did not end within 0.3 s')]),
    });
  });

  it('an error lists every attempt with its reason and what to do', async () => {
    program(join(bin, 'apt-get'), '#!/bin/sh\necho "E: Unable to locate package nats-server" >&2\nexit 100\n');
    const error = await find().catch((caught: unknown) => caught);
    expect((error as Error).message.split('\n')).toEqual([
      'nats-server was not found and could not be fetched:',
      '  cache: nothing was fetched yet',
      '  PATH: no nats-server on it',
      expect.stringMatching(/^ {2}release: .*ECONNREFUSED/),
      '  go install: go is not installed',
      '  apt: E: Unable to locate package nats-server (an empty package list? sudo apt-get update)',
      '  older cache: is empty',
      expect.stringMatching(/^Install it .* set ASSAY_NATS_SERVER/),
    ]);
  });

  it('a lock that a dead process left behind does not hold anybody up', async () => {
    const cache = join(home, '.assay/cache/nats-server');
    mkdirSync(join(cache, '.new-left-behind'), { recursive: true });
    // Above every pid that Linux and macOS give.
    writeFileSync(join(cache, '.lock'), '99999999');
    program(join(bin, 'go'), goodGo());
    expect((await find()).how).toBe('go install');
    expect(readdirSync(cache)).toEqual(['2.15.2']);
  });
});

async function sendForEver(response: Parameters<RequestListener>[1]): Promise<void> {
  const chunk = Buffer.alloc(1024 * 1024);
  while (!response.destroyed)
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
}

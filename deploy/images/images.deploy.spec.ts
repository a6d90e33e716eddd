// What is in an image works where it is: bundles run from a folder that holds nothing else, against a real nats-server,
// and built twice they are the same to the byte.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildCommand, imageNames, imageOf, makeContext } from './build.ts';
import { builderNamed } from './builder.ts';

const run = promisify(execFile);
let nats: TestNats;
let place: string;

beforeAll(async () => {
  nats = await startNats({ syncAlways: false });
  place = await mkdtemp(join(tmpdir(), 'assay-images-'));
  await writeFile(join(place, 'token'), 'a-token-of-more-than-sixteen', { mode: 0o600 });
  for (const name of await imageNames()) await rename(await makeContext(name), join(place, name));
}, 300_000);

afterAll(async () => {
  await nats?.stop();
  await rm(place, { recursive: true, force: true });
});

/** Lines that a service logs until it listens, and then ends. */
async function startOf(name: string): Promise<{
  lines: Record<string, unknown>[];
  get: (path: string) => Promise<Response>;
  stop: () => Promise<number | null>;
}> {
  const home = await mkdtemp(join(place, 'home-'));
  const child = spawn(process.execPath, ['main.mjs'], {
    cwd: join(place, name, 'app/services', name, 'src'),
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      ASSAY_HOME: home,
      ASSAY_NATS_URL: nats.url,
      ASSAY_GATEWAY_PORT: '0',
      ASSAY_GATEWAY_TOKEN_FILE: join(place, 'token'),
      ASSAY_RUN_TOKEN_KEY: 'a-key-of-more-than-sixteen',
      ASSAY_STORE_URL: `sqlite:${join(home, 'assay.db')}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts)
        lines.push(part.startsWith('{') ? (JSON.parse(part) as Record<string, unknown>) : { msg: part });
      if (lines.some(({ msg }) => msg === 'health and metrics')) resolve();
    });
    void ended.then((code) => reject(new Error(`${name} ended with ${code}: ${JSON.stringify(lines)}`)));
  });
  const url = String(lines.find(({ url }) => url)?.['url'] ?? lines.find(({ address }) => address)?.['address']);
  return {
    lines,
    get: (path) => fetch(new URL(path, url)),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

describe('a bundle', () => {
  it.each(['consumer', 'enricher', 'executor', 'gateway', 'ledger', 'producer'])(
    'of the %s starts, is ready and ends well',
    async (name) => {
      const service = await startOf(name);
      try {
        expect((await service.get('/readyz')).status).toBe(200);
        expect(service.lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
      } finally {
        expect(await service.stop()).toBe(0);
      }
    },
  );

  it('of the gateway has the pages of its API', async () => {
    const service = await startOf('gateway');
    try {
      const page = await service.get('/docs/static/swagger-ui-bundle.js');
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
    } finally {
      await service.stop();
    }
  });

  it.each([
    [['version'], /^assay 0\.1\.0, Node 24\./],
    [['config', 'producer'], /ASSAY_PRODUCER_MAX_REPORT_BYTES/],
    [['report', 'parse', '--format', 'gosec', '--summary', 'report.json'], /"?findings/],
  ])('of the command line does %j', async (args, expected) => {
    await writeFile(join(place, 'report.json'), '{"Golang errors": {}, "Issues": [], "Stats": {}}');
    const { stdout } = await run(join(place, 'cli/app/bin/assay'), args, { cwd: place, env: pathOfTheImage() });
    expect(stdout).toMatch(expected);
  });
});

describe('the command line’s image', () => {
  it('has eslint with its security rules', async () => {
    await writeFile(join(place, 'x.js'), 'eval(name);\n');
    const config = join(place, 'cli/app/services/producer/src/adapters/eslint/security.config.mjs');
    const args = ['--no-config-lookup', '-c', config, '-f', 'json', 'x.js'];
    const { stdout } = await run('eslint', args, { cwd: place, env: pathOfTheImage() });
    expect(stdout).toContain('security/detect-eval-with-expression');
  });

  it('has secretlint with its rules and SARIF', async () => {
    const token = ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_');
    await writeFile(join(place, 'secret.txt'), `token = ${token}\n`);
    const config = join(place, 'cli/app/services/producer/src/adapters/secretlint/secretlintrc.json');
    const args = ['--secretlintrc', config, '--format', '@secretlint/secretlint-formatter-sarif', 'secret.txt'];
    const failed = await run('secretlint', args, { cwd: place, env: pathOfTheImage() }).catch((error) => error);
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining('secretlint-rule-github')]);
  });
});

describe('built twice', () => {
  it('the image of the enricher has the same digest, whatever the builder remembers', async () => {
    const builder = builderNamed(process.env['ASSAY_TEST_BUILDER'] ?? 'buildah');
    const digests = [];
    for (const registry of ['localhost/assay-spec-1', 'localhost/assay-spec-2']) {
      const context = await makeContext('enricher');
      const target = { registry, version: 'spec', epoch: '0' };
      const [program = '', verb = '', ...args] = buildCommand(builder, 'enricher', context, target);
      await run(program, [verb, '--no-cache', ...args.filter((word) => word !== '--layers')]);
      await rm(context, { recursive: true });
      const layout = join(place, registry.replace('/', '-'));
      await run(program, ['push', '--quiet', imageOf('enricher', target), `oci:${layout}`]);
      digests.push(await readFile(join(layout, 'index.json'), 'utf8'));
      await run(program, ['rmi', imageOf('enricher', target)]);
    }
    expect(digests[1]).toBe(digests[0]);
  }, 300_000);

  it.each(['cli', 'producer'])(
    'the context of %s is the same',
    async (name) => {
      const contexts = [await makeContext(name), await makeContext(name)];
      const [first, second] = await Promise.all(contexts.map(digestOf));
      for (const context of contexts) await rm(context, { recursive: true });
      expect(second).toEqual(first);
    },
    300_000,
  );
});

function pathOfTheImage(): Record<string, string> {
  const app = join(place, 'cli/app');
  return {
    PATH: `${join(app, 'bin')}:${join(app, 'node_modules/.bin')}:${join(process.execPath, '..')}:/usr/bin:/bin`,
    HOME: place,
  };
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(relative(folder, file)).update(await readFile(file));
  return hash.digest('hex');
}

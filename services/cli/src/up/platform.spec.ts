// The main job, as a person does it: start, scan, change something, start again.

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { newHome, type Ran, root, type TestHome } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

let home: TestHome;
let shop: string;

beforeAll(async () => {
  home = await newHome();
  shop = join(home.home, 'shop');
  await cp(join(root, 'examples/shop'), shop, { recursive: true });
});
afterAll(() => home.remove());

interface Shown {
  run: { transitions?: Record<string, number> };
  addsUp: boolean;
  problems: string[];
  findings: { id: string; rule: string; path?: string; startLine?: number; transition: string; owners?: string[] }[];
  fixed: { id: string; rule: string; transition: string }[];
}

const scan = async (...options: string[]): Promise<Shown> => {
  const ran = await home.assay(
    'scan',
    shop,
    '--target',
    'shop',
    '--only',
    'eslint,secretlint,npm-sbom',
    '--step',
    'codeowners',
    '-o',
    'json',
    ...options,
  );
  expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('run ')]);
  return JSON.parse(ran.stdout) as Shown;
};

const edit = async (file: string, change: (text: string) => string) =>
  writeFile(join(shop, file), change(await readFile(join(shop, file), 'utf8')));

/** Every byte under a folder, for what must not be there. */
async function contentOf(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  );
  return texts.join('\n');
}

describe('the embedded platform', () => {
  let first: Shown;

  it('scans with what comes with it, and every count adds up', async () => {
    first = await scan();
    expect([first.addsUp, first.problems]).toEqual([true, []]);
    expect(new Set(first.findings.map(({ transition }) => transition))).toEqual(new Set(['opened']));
    const rules = first.findings.map(({ rule }) => rule);
    expect(rules).toEqual(
      expect.arrayContaining([
        'security/detect-eval-with-expression',
        'security/detect-child-process',
        '@secretlint/secretlint-rule-github',
      ]),
    );
    expect(first.findings.some(({ owners }) => (owners?.length ?? 0) > 0)).toBe(true);
  });

  it('knows the same findings again, with no duplicate', async () => {
    const again = await scan();
    expect(again.findings.map(({ id }) => id).sort()).toEqual(first.findings.map(({ id }) => id).sort());
    expect(again.run.transitions).toEqual({ recurred: first.findings.length });
  });

  it('knows a finding that code above has moved down', async () => {
    const before = first.findings.find(({ rule }) => rule === 'security/detect-eval-with-expression');
    await edit('web/search.js', (text) => `// one\n// two\n// three\n${text}`);
    const moved = await scan();
    const after = moved.findings.find(({ rule }) => rule === 'security/detect-eval-with-expression');
    expect(after).toMatchObject({ id: before?.id, transition: 'recurred', startLine: (before?.startLine ?? 0) + 3 });
    expect(moved.run.transitions).toEqual({ recurred: first.findings.length });
  });

  it('says that a flaw that was removed is fixed, and reopens it when it is back', async () => {
    const server = await readFile(join(shop, 'web/server.js'), 'utf8');
    await edit('web/server.js', (text) =>
      text.replace(/exec\('convert '.*\{$/m, 'Promise.resolve().then((error, picture) => {'),
    );
    const repaired = await scan();
    expect(repaired.fixed).toMatchObject([{ rule: 'security/detect-child-process', transition: 'fixed' }]);
    await writeFile(join(shop, 'web/server.js'), server);
    const back = await scan();
    expect(back.findings.find(({ rule }) => rule === 'security/detect-child-process')).toMatchObject({
      id: repaired.fixed[0]?.id,
      transition: 'reopened',
    });
  });

  it('ends with 1 when something is as bad as --fail-on says', async () => {
    const ran = await home.assay('scan', shop, '--target', 'shop', '--only', 'secretlint', '--fail-on', 'high');
    expect(ran.code).toBe(1);
  });

  it('keeps the secret it found to itself: not on the bus, in the store, in a log or a sink', async () => {
    const secret = /gh[pousr]_[A-Za-z0-9]{36,}/.exec(await readFile(join(shop, 'web/catalogue.js'), 'utf8'))?.[0] ?? '';
    expect(secret).not.toBe('');
    const kept = await contentOf(join(home.home, '.assay'));
    expect(kept).toContain('secretlint-rule-github');
    expect(kept.includes(secret)).toBe(false);
  });

  it('serves until it is told to end, and then ends cleanly', async () => {
    const platform = await home.start('up');
    expect((await fetch(`${platform.url}/readyz`)).status).toBe(200);
    const second = await home.assay('up');
    expect([second.code, second.stderr]).toEqual([2, expect.stringMatching(/already runs.*process \d+/)]);
    const listed = await home.assay('finding', 'ls', '-o', 'json', '--severity', 'high');
    expect(listed.stdout).toContain('secretlint-rule-github');
    await platform.kill('SIGTERM');
    expect(await platform.exited).toBe(0);
  });

  it('starts again after it was killed', async () => {
    const platform = await home.start('up');
    const pid = async () => Number(await readFile(join(home.home, '.assay/data/nats/nats-server.pid'), 'utf8'));
    const left = await pid();
    await platform.kill('SIGKILL');
    const again = await home.start('up');
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
    expect(await pid()).not.toBe(left);
    await again.kill();
  });
});

it('keeps blobs on the bus where that is configured, with the credentials that follow from it', async () => {
  const other = await newHome({ ASSAY_BLOBS_URL: 'jetstream:blobs' });
  const ran = await other.assay('scan', shop, '--only', 'eslint', '-o', 'json');
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ addsUp: true, problems: [] });
  await other.remove();
});

describe('what goes wrong at the start', () => {
  const failing = async (more: Record<string, string>, ...words: string[]): Promise<Ran> => {
    const other = await newHome(more);
    try {
      return await other.assay(...words);
    } finally {
      await other.remove();
    }
  };

  it('is said: an unknown variable, with the nearest name', async () => {
    const ran = await failing({ ASSAY_GATEWAY_PROT: '1' }, 'up');
    expect([ran.code, ran.stderr]).toEqual([
      2,
      expect.stringMatching(/ASSAY_GATEWAY_PROT is not known: did you mean ASSAY_GATEWAY_PORT/),
    ]);
  });

  it.each([
    ['the gateway', 'ASSAY_GATEWAY_PORT'],
    ['nats-server', 'ASSAY_NATS_PORT'],
  ])('is said: the port of %s is in use', async (_, variable) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const ran = await failing({ [variable]: String(port) }, 'up');
    taken.close();
    expect([ran.code, ran.stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use.*${variable}`)),
    ]);
  });

  it('is said: a nats-server that is gone', async () => {
    const ran = await failing({ ASSAY_NATS_URL: 'nats://127.0.0.1:1' }, 'up');
    expect([ran.code, ran.stderr]).toEqual([
      3,
      expect.stringContaining('no nats-server answers at nats://127.0.0.1:1'),
    ]);
  });
});

import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gitServer } from '../source/testing/git-server.ts';
import { tarGzOf } from '../source/testing/tar-archive.ts';
import { type Ran, type RunOptions, runCli } from '../testing/run-cli.ts';
import { type Exchange, scriptedGateway } from '../testing/scripted-gateway.ts';

let root: string;
let shop: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'source-'));
  shop = join(root, 'shop');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const env = { PATH: process.env['PATH'] };
const appliesTo = '--applies-to={"gosec":["**/*.go"],"bandit":["**/*.py"],"gitleaks":[]}';

function source(kind: string, flags: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const file = (name: string): string => join(root, name);
  const results = kind === 'git' ? [`--commit-file=${file('commit')}`] : [];
  return runCli(['source', kind, shop, ...flags, appliesTo, `--applies-file=${file('applies')}`, ...results], {
    env,
    ...options,
  });
}

async function written(name: string): Promise<string> {
  return readFile(join(root, name), 'utf8');
}

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, folder, name), text);
  return join(root, folder);
}

describe('assay source git', () => {
  it('puts the files of the default branch into the folder and says which tasks have something to scan', async () => {
    await using server = await gitServer();
    await server.commit({ 'README.md': 'shop\n' });
    const commit = await server.commit({ 'main.go': 'package main\n', 'web/app.js': '1\n' });
    const ran = await source('git', [`--url=${server.url}/shop.git`]);
    expect(ran).toEqual({ code: 0, out: `${commit}\n`, err: '' });
    expect((await readdir(shop)).sort()).toEqual(['.git', 'README.md', 'main.go', 'web']);
    expect([await written('commit'), JSON.parse(await written('applies'))]).toEqual([commit, ['gosec', 'gitleaks']]);
    // One commit came, not what was before it.
    expect(await readFile(join(shop, '.git/shallow'), 'utf8')).toBe(`${commit}\n`);
  });

  it.each([
    ['a server of git', {}],
    ['a web server', { isDumb: true }],
  ])('finds a branch, a tag, a commit and the beginning of one at %s', async (_, options) => {
    await using server = await gitServer(options);
    const first = await server.commit({ 'a.go': '1' }, { tag: 'v1.0.0' });
    const second = await server.commit({ 'a.go': '2' }, { branch: 'feature/two' });
    await server.commit({ 'a.go': '3' });
    for (const [revision, commit] of [
      ['v1.0.0', first],
      [first, first],
      [first.slice(0, 10), first],
      ['feature/two', second],
      ['refs/heads/feature/two', second],
    ] as const) {
      const ran = await source('git', [`--url=${server.url}/shop.git`, `--revision=${revision}`, '--replace']);
      expect([revision, ran]).toEqual([revision, { code: 0, out: `${commit}\n`, err: '' }]);
      expect(await readFile(join(shop, 'a.go'), 'utf8')).toBe(commit === first ? '1' : '2');
    }
  });

  it.each([
    ['a branch that is not there', '/shop.git', 'gone', 'has no branch, tag or commit gone'],
    ['a commit that is not there', '/shop.git', 'c0ffee'.padEnd(40, '0'), 'has no branch, tag or commit c0ffee'],
    ['another repository', '/other.git', '', 'there is no git repository at'],
    ['an option in place of a revision', '/shop.git', '--upload-pack=touch x', 'is no branch, tag or commit'],
    ['a refspec in place of a revision', '/shop.git', '+refs/heads/*:refs/heads/*', 'is no branch, tag or commit'],
  ])('says what is wrong with %s', async (_, path, revision, sentence) => {
    await using server = await gitServer();
    await server.commit({ 'a.go': '1' });
    const ran = await source('git', [`--url=${server.url}${path}`, `--revision=${revision}`]);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(sentence) });
    expect(await readdir(shop).catch(() => [])).toEqual([]);
  });

  it.each([
    ['a program', 'ext::sh -c touch% pwned', 'is no address of a git repository'],
    ['a folder of this machine', 'file:///etc', 'is no address of a git repository'],
    ['a path', '/etc', 'is no address of a git repository'],
    ['a path upwards', '../shop', 'is no address of a git repository'],
    ['an option', '--upload-pack=touch', 'is no address of a git repository'],
    ['an option of ssh', 'ssh://-oProxyCommand=touch/x', 'names no host'],
    ['git’s own protocol, which proves nothing', 'git://example.org/x.git', 'is no address of a git repository'],
    ['an address with a password', 'https://ada:s3cret@example.org/x.git', 'holds a name or password'],
    ['an address with a line end', 'https://example.org/x.git\nhost=evil', 'is no address of a git repository'],
    ['ssh without a key', 'git@example.org:team/shop.git', 'needs a key; bind the workspace git-credentials'],
  ])('refuses %s before anything is asked', async (_, url, sentence) => {
    const ran = await source('git', [`--url=${url}`]);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(sentence) });
    expect(ran.err).not.toContain('s3cret');
  });

  it('says that nobody answers, as something that may pass', async () => {
    const gone = await gitServer();
    await gone[Symbol.asyncDispose]();
    const ran = await source('git', [`--url=${gone.url}/shop.git`]);
    expect(ran).toMatchObject({ code: 3, err: expect.stringContaining('cannot be reached now; try again') });
  });

  it('runs no hook, follows no submodule, fetches no LFS file and reads no configuration of whoever runs it', async () => {
    await using server = await gitServer();
    await server.commit({
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs\n*.evil filter=evil\n',
      '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = ${server.url}/shop.git\n`,
      'a.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
      'a.evil': 'x',
    });
    const home = await put('home', {
      '.gitconfig': `[core]\n\thooksPath = ${root}/hooks\n[filter "evil"]\n\tsmudge = touch ${root}/smudged\n`,
    });
    const hooks = await put('hooks', { 'post-checkout': `#!/bin/sh\ntouch ${root}/hooked\n` });
    await chmod(join(hooks, 'post-checkout'), 0o755);
    const ran = await source('git', [`--url=${server.url}/shop.git`], {
      env: {
        ...env,
        HOME: home,
        XDG_CONFIG_HOME: home,
        GIT_TEMPLATE_DIR: root,
        GIT_CONFIG_GLOBAL: `${home}/.gitconfig`,
      },
    });
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect((await readdir(root)).sort()).toEqual(['applies', 'commit', 'home', 'hooks', 'shop']);
    expect(await readFile(join(shop, 'a.bin'), 'utf8')).toMatch(/^version/);
  });

  const authorization = `Basic ${Buffer.from('ada:s3cret').toString('base64')}`;

  it('gives the credentials to the address that they are for', async () => {
    await using server = await gitServer({ authorization });
    const commit = await server.commit({ 'a.go': '1' });
    const secret = await put('secret', { url: `${server.url}/`, username: 'ada\n', password: 's3cret\n' });
    const ran = await source('git', [`--url=${server.url}/shop.git`, `--credentials=${secret}`]);
    expect(ran).toEqual({ code: 0, out: `${commit}\n`, err: '' });
    expect(new Set(server.authorizations)).toEqual(new Set([authorization]));
    expect(await readFile(join(shop, '.git/config'), 'utf8')).not.toContain('s3cret');
  });

  it.each([
    [
      'of another path',
      (url: string) => ({ url: `${url}/sho`, password: 's3cret' }),
      'bind the workspace git-credentials',
    ],
    [
      'of another host',
      () => ({ url: 'http://example.org/', password: 's3cret' }),
      'bind the workspace git-credentials',
    ],
    ['that are wrong', (url: string) => ({ url, password: 'other' }), 'bind the workspace git-credentials'],
    ['that are for nobody', () => ({ password: 's3cret' }), 'add the key url'],
  ])('is not let in with credentials %s', async (name, secret, sentence) => {
    await using server = await gitServer({ authorization });
    await server.commit({ 'a.go': '1' });
    const folder = await put('secret', secret(server.url));
    const ran = await source('git', [`--url=${server.url}/shop.git`, `--credentials=${folder}`]);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
    const sent = server.authorizations.filter((it) => it !== '');
    expect(sent.length > 0).toBe(name === 'that are wrong');
    expect(ran.err).not.toContain('s3cret');
  });

  it('takes no credentials to where a server sends it on', async () => {
    await using thief = await gitServer();
    await thief.commit({ 'a.go': '1' });
    await using server = await gitServer({ redirectTo: thief.url });
    const secret = await put('secret', { url: server.url, username: 'ada', password: 's3cret' });
    const ran = await source('git', [`--url=${server.url}/shop.git`, `--credentials=${secret}`]);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('sends on to another address') });
    expect(thief.authorizations).toEqual([]);
  });

  it('goes by ssh with the key, to hosts that are known only', async () => {
    await using server = await gitServer();
    const commit = await server.commit({ 'a.go': '1' });
    // What a server would do: run the one command it is sent, on its own repository.
    const bin = await put('bin', {
      ssh: `#!/bin/sh\nprintf '%s\\n' "$@" >${root}/arguments\nwhile [ "$1" != git@example.org ]; do
        [ "$1" != -i ] || cp -p "$2" ${root}/used; shift; done\nexec git-upload-pack ${server.bare}\n`,
    });
    await chmod(join(bin, 'ssh'), 0o755);
    const secret = await put('secret', {
      url: 'ssh://git@example.org/team/',
      'ssh-privatekey': 'the key\n',
      known_hosts: 'example.org ssh-ed25519 AAAA\n',
    });
    const ran = await source('git', ['--url=git@example.org:team/shop.git', `--credentials=${secret}`], {
      env: { PATH: `${bin}:${env.PATH}` },
    });
    expect(ran).toEqual({ code: 0, out: `${commit}\n`, err: '' });
    const words = (await written('arguments')).split('\n');
    expect(words).toEqual(expect.arrayContaining(['-F', '/dev/null', 'BatchMode=yes', 'StrictHostKeyChecking=yes']));
    expect([await written('used'), (await stat(join(root, 'used'))).mode & 0o777]).toEqual(['the key\n', 0o600]);
  });

  it('leaves a folder alone that has something in it', async () => {
    await put('shop', { precious: 'x' });
    const ran = await source('git', ['--url=https://example.org/shop.git']);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('is not empty') });
    expect(await readdir(shop)).toEqual(['precious']);
  });

  it('names a result that Tekton has no room for', async () => {
    await using server = await gitServer();
    await server.commit({ 'a.go': '1' });
    const tasks = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`a-task-with-a-long-name-${index}-of-many`, []]),
    );
    const ran = await runCli(
      [
        'source',
        'git',
        shop,
        `--url=${server.url}/shop.git`,
        `--applies-to=${JSON.stringify(tasks)}`,
        `--applies-file=${join(root, 'applies')}`,
      ],
      { env },
    );
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('the largest is "applies"') });
    expect(await readdir(root)).toEqual(['shop']);
  });
});

const archive = tarGzOf(
  { path: 'shop-1.0.0/', type: 'Directory' },
  { path: 'shop-1.0.0/main.go', content: 'package main\n' },
  { path: 'shop-1.0.0/passwd', type: 'SymbolicLink', linkpath: '/etc/passwd' },
);
const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
const gives = (status: number, content: Buffer = archive): Partial<Exchange> => ({
  answer: (response: ServerResponse) => response.writeHead(status).end(content),
});

describe('assay source archive', () => {
  it('unpacks what it downloads, without links that lead elsewhere, and says so', async () => {
    await using server = await scriptedGateway([{ request: 'GET /shop.tar.gz', ...gives(200) }]);
    const url = `${server.url}/shop.tar.gz`;
    const ran = await source('archive', [`--url=${url}`, `--sha256=${digest}`, '--strip-components=1']);
    const err = 'left out 1 link that leads out of the archive: passwd\n';
    expect(ran).toEqual({ code: 0, out: `${digest}\n`, err });
    expect(await readdir(shop)).toEqual(['main.go']);
    expect(JSON.parse(await written('applies'))).toEqual(['gosec', 'gitleaks']);
    await server.finish();
  });

  it('follows a redirect, as code hosts answer', async () => {
    await using server = await scriptedGateway([
      { request: 'GET /shop.tar.gz', status: 302, headers: { location: '/real.tar.gz' } },
      { request: 'GET /real.tar.gz', ...gives(200) },
    ]);
    expect(await source('archive', [`--url=${server.url}/shop.tar.gz`])).toMatchObject({ code: 0 });
    expect(await readdir(shop)).toEqual(['shop-1.0.0']);
    await server.finish();
  });

  it.each<[string, Partial<Exchange>, string[], number, string]>([
    ['nothing there', gives(404), [], 2, 'there is no archive at'],
    ['a closed door', gives(401), [], 2, 'lets nobody in'],
    ['a server that fails', gives(502), [], 3, 'failed with HTTP 502; try again'],
    ['something that is no archive', gives(200, Buffer.from('<html>'.repeat(200))), [], 2, 'is damaged or none'],
    ['another archive', gives(200), [`--sha256=${'0'.repeat(64)}`], 2, `not what was asked for: ${digest}`],
    ['too large an archive', gives(200), ['--max-bytes=100'], 2, 'is larger than 100 bytes'],
    [
      'too large a content',
      gives(200, tarGzOf({ path: 'a', content: ' '.repeat(9999) })),
      ['--max-bytes=999'],
      2,
      'unpacks to more',
    ],
    ['a hostile one', gives(200, tarGzOf({ path: '../a' })), [], 2, 'is not to be trusted'],
    [
      'a redirect to something else',
      { status: 302, headers: { location: 'file:///etc/passwd' } },
      [],
      2,
      'is no address',
    ],
    [
      'an answer that breaks off',
      {
        answer: (response: ServerResponse) => {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('x', () => response.destroy());
        },
      },
      [],
      3,
      'or broke off; check the address or try again',
    ],
  ])('says what is wrong with %s, and leaves nothing', async (_, exchange, flags, code, sentence) => {
    await using server = await scriptedGateway([{ request: 'GET /x.tar.gz', ...exchange }]);
    const ran = await source('archive', [`--url=${server.url}/x.tar.gz`, ...flags]);
    expect(ran).toMatchObject({ code, out: '', err: expect.stringContaining(sentence) });
    expect(await readdir(shop)).toEqual([]);
    await server.finish();
  });

  it.each([
    ['--url=ftp://example.org/x.tar', 'is no address of an archive'],
    ['--url=https://ada:s3cret@example.org/x.tar', 'holds a name or password'],
  ])('refuses %s', async (flag, sentence) => {
    const ran = await source('archive', [flag]);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
    expect(ran.err).not.toContain('s3cret');
  });
});

describe('assay source upload', () => {
  const upload = async (exchange: Partial<Exchange>, given = digest) => {
    await using server = await scriptedGateway([{ request: 'GET /api/v1/runs/run%2F1/source', ...exchange }]);
    const folder = await put('credentials', { token: 'the-token\n' });
    const ran = await source('upload', ['--run=run/1', `--digest=${given}`, '--strip-components=1'], {
      env: { ...env, ASSAY_URL: server.url, ASSAY_TOKEN_FILE: join(folder, 'token') },
    });
    await server.finish();
    return { ran, authorization: server.received[0]?.headers.authorization };
  };

  it('unpacks what was uploaded for the run, asked for with the run’s token', async () => {
    const { ran, authorization } = await upload(gives(200));
    expect(ran).toMatchObject({ code: 0, out: `${digest}\n` });
    expect(authorization).toBe('Bearer the-token');
    expect(await readdir(shop)).toEqual(['main.go']);
  });

  it.each<[string, Partial<Exchange>, string, number, string]>([
    [
      'another run’s token',
      { status: 403, answer: { detail: 'this token is for another run' } },
      digest,
      2,
      'for another run',
    ],
    ['no upload', { status: 404, answer: { detail: 'run/1 has no source' } }, digest, 2, 'run/1 has no source'],
    ['other bytes', gives(200), `sha256:${'0'.repeat(64)}`, 2, 'not what was asked for'],
  ])('says what is wrong with %s', async (_, exchange, given, code, sentence) => {
    const { ran } = await upload(exchange, given);
    expect(ran).toMatchObject({ code, err: expect.stringContaining(sentence) });
    expect(await readdir(shop)).toEqual([]);
  });
});

describe('assay source path', () => {
  it('says which tasks have something to scan, and writes nothing into the folder', async () => {
    await put('shop', { 'main.go': 'package main\n' });
    expect(await source('path', [])).toEqual({ code: 0, out: 'gosec\ngitleaks\n', err: '' });
    expect(JSON.parse(await written('applies'))).toEqual(['gosec', 'gitleaks']);
    expect(await readdir(shop)).toEqual(['main.go']);
  });

  it.each([
    ['--applies-to=["gosec"]', 'must be JSON like'],
    ['--applies-to={', 'must be JSON like'],
  ])('refuses %s', async (flag, sentence) => {
    await put('shop', {});
    const ran = await runCli(['source', 'path', shop, flag], { env });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
  });

  it('says that there is no such folder', async () => {
    const ran = await source('path', []);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('there is no folder') });
  });
});

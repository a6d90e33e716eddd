import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findConnection, readInstance } from './connection.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-connection-'));
  await mkdir(join(home, 'run'));
  await writeFile(join(home, 'token'), 'instance-token\n');
  await writeFile(join(home, 'other'), 'other-token\n');
});

afterEach(() => rm(home, { recursive: true }));

async function running(pid: number | string = process.pid): Promise<void> {
  const instance = {
    pid,
    url: 'http://127.0.0.1:9001',
    natsUrl: 'nats://127.0.0.1:9002',
    tokenFile: join(home, 'token'),
  };
  await writeFile(join(home, 'run/instance.json'), JSON.stringify(instance));
}

describe('findConnection', () => {
  it('takes the default where nothing is said and nothing runs', async () => {
    expect(await findConnection({ ASSAY_HOME: home })).toEqual({ url: 'http://127.0.0.1:7077' });
  });

  it('takes the platform that runs from this home, with its token', async () => {
    await running();
    expect(await findConnection({ ASSAY_HOME: home })).toEqual({
      url: 'http://127.0.0.1:9001',
      token: 'instance-token',
    });
  });

  it('sends the instance’s token nowhere else', async () => {
    await running();
    const url = 'https://assay.example';
    expect(await findConnection({ ASSAY_HOME: home, ASSAY_URL: `${url}/` })).toEqual({ url });
  });

  it.each([
    ['ASSAY_TOKEN first', { ASSAY_TOKEN: 'given', ASSAY_TOKEN_FILE: 'other' }, 'given'],
    ['then ASSAY_TOKEN_FILE', { ASSAY_TOKEN_FILE: 'other' }, 'other-token'],
  ])('takes %s', async (_, { ASSAY_TOKEN_FILE, ...env }: Record<string, string>, token) => {
    await running();
    const file = join(home, ASSAY_TOKEN_FILE ?? '');
    expect((await findConnection({ ASSAY_HOME: home, ...env, ASSAY_TOKEN_FILE: file })).token).toBe(token);
  });

  it.each([
    ['no address', { ASSAY_URL: 'localhost:7077' }, 'must be an http or https address'],
    ['a password in the address', { ASSAY_URL: 'http://me:pw@localhost' }, 'must not hold a name or password'],
    ['a token of two lines', { ASSAY_TOKEN: 'a\nb' }, 'does not hold a token'],
    ['a token file that is not there', { ASSAY_TOKEN_FILE: '/nonexistent/token' }, '/nonexistent/token cannot be read'],
  ])('refuses %s without repeating a secret', async (_, env, sentence) => {
    const refused = findConnection({ ASSAY_HOME: home, ...env });
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(InvalidInput);
    await expect(refused).rejects.not.toThrow('pw');
  });
});

describe('readInstance', () => {
  it.each([
    ['a process that is gone', '{"pid":999999999,"url":"http://127.0.0.1:1"}'],
    ['a process whose pid a stranger has', `{"pid":${process.pid},"began":"another time","url":"http://127.0.0.1:1"}`],
    ['half a file', '{"pid":1,"ur'],
    ['what a stopped platform leaves', '{}'],
  ])('is none for %s', async (_, text) => {
    await writeFile(join(home, 'run/instance.json'), text);
    expect(await readInstance({ ASSAY_HOME: home })).toBeUndefined();
  });
});

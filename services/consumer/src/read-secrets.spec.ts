import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput, type SecretReference, Transient } from '@assay/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSecrets, redact } from './read-secrets.ts';

let folder = '';
let secretsDir = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-secrets-'));
  secretsDir = join(folder, 'secrets');
  await mkdir(join(secretsDir, 'deep'), { recursive: true });
  await writeFile(join(secretsDir, 'hook'), 'of-a-file\n');
  await writeFile(join(secretsDir, 'deep/hook'), ' spaces stay \r\n');
  await writeFile(join(secretsDir, 'empty'), '');
  await writeFile(join(secretsDir, 'large'), 'x'.repeat(65_537));
  await writeFile(join(folder, 'outside'), 'not for sinks');
  await symlink(join(folder, 'outside'), join(secretsDir, 'link'));
  // As Kubernetes mounts a Secret: each file a link to one inside the same folder.
  await symlink(join(secretsDir, 'hook'), join(secretsDir, 'mounted'));
});
afterAll(() => rm(folder, { recursive: true }));

const env = { ASSAY_SINK_HOOK: 'of-a-variable', HOME: '/home/me', ASSAY_TOKEN: 'theirs', ASSAY_SINK_EMPTY: '' };
const read = (reference: SecretReference, name = 'secret') =>
  readSecrets({ [name]: reference }, ['secret', 'authorization'], { env, secretsDir });

describe('readSecrets', () => {
  it('reads a variable set apart for sinks', async () => {
    expect(await read({ env: 'ASSAY_SINK_HOOK' })).toEqual({ secret: 'of-a-variable' });
  });

  it.each([
    ['hook', 'of-a-file'],
    ['deep/hook', ' spaces stay '],
    ['mounted', 'of-a-file'],
  ])('reads the file %s without the end of its line', async (file, value) => {
    expect(await read({ file: join(secretsDir, file) })).toEqual({ secret: value });
  });

  it.each(['HOME', 'ASSAY_TOKEN', 'ASSAY_SINK_', 'assay_sink_hook'])('refuses the variable %s', async (name) => {
    await expect(read({ env: name })).rejects.toBeInstanceOf(InvalidInput);
  });

  it.each(['outside', 'secrets', 'secrets/../outside', 'secrets/link', 'secrets/large'])(
    'refuses the file %s',
    async (path) => {
      await expect(read({ file: `${folder}/${path}` })).rejects.toBeInstanceOf(InvalidInput);
    },
  );

  it.each<[string, SecretReference]>([
    ['a variable', { env: 'ASSAY_SINK_LATER' }],
    ['a variable that is empty', { env: 'ASSAY_SINK_EMPTY' }],
  ])('waits for %s', async (_, reference) => {
    await expect(read(reference)).rejects.toBeInstanceOf(Transient);
  });

  it.each(['later', 'empty'])('waits for the file %s', async (name) => {
    await expect(read({ file: join(secretsDir, name) })).rejects.toBeInstanceOf(Transient);
  });

  it('refuses a name that the type of sink does not know', async () => {
    await expect(read({ env: 'ASSAY_SINK_HOOK' }, 'secrte')).rejects.toThrow(
      'credentials.secrte is none of this type of sink; it takes secret, authorization',
    );
  });
});

describe('redact', () => {
  it.each([
    ['the key s3cr3t/x is wrong', 'the key *** is wrong'],
    ['asked ?key=s3cr3t%2Fx', 'asked ?key=***'],
    ['mongodb://me:other@host/db is away', 'mongodb://***@host/db is away'],
    ['nothing to hide', 'nothing to hide'],
  ])('%s → %s', (text, expected) => {
    expect(redact(text, { key: 's3cr3t/x' })).toBe(expected);
  });
});

import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InvalidInput } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { storeContract } from './contract/store-contract.suite.ts';
import { openStore } from './open-store.ts';
import { migrations } from './sqlite/migrations/index.ts';
import type { Store } from './store.ts';

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-store-'));
  const stores: Store[] = [];
  const again = async () => {
    const store = await openStore(`sqlite:${folder}/data/assay.db`);
    stores.push(store);
    return store;
  };
  return {
    store: await again(),
    again,
    close: async () => {
      for (const store of stores) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('openStore of SQLite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-store-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ['', 'store.url'],
    ['sqlite:', 'store.url'],
    ['sqlite://host/file.db', 'store.url'],
    ['postgres://assay:secret@host/db', 'store.url'],
    ['mongodb://assay:secret@host', 'store.url'],
    ['mongodb://assay:sec%ret@host/db', 'store.url'],
  ])('refuses %s and repeats no secret', async (url, code) => {
    const error = await openStore(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify([String(error), (error as InvalidInput).cause])).not.toContain('sec');
  });

  it('refuses a file that is no database', async () => {
    await writeFile(join(folder, 'a.db'), 'no database, and longer than a hundred bytes'.repeat(100));
    await expect(openStore(`sqlite:${folder}/a.db`)).rejects.toMatchObject({
      name: 'InvalidInput',
      code: 'store.file',
    });
  });

  it('makes a file that only its owner can read', async () => {
    const file = join(folder, 'private/assay.db');
    const store = await openStore(`sqlite:${file}`);
    const files = await readdir(join(folder, 'private'));
    const modes = await Promise.all(
      files.map(async (name) => (await stat(join(folder, 'private', name))).mode & 0o777),
    );
    await store.close();
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('refuses a folder', async () => {
    await expect(openStore(`sqlite:${folder}`)).rejects.toMatchObject({ name: 'InvalidInput', code: 'store.file' });
  });

  it("refuses another program's database", async () => {
    const other = new DatabaseSync(join(folder, 'a.db'));
    other.exec('CREATE TABLE theirs (id)');
    other.close();
    await expect(openStore(`sqlite:${folder}/a.db`)).rejects.toMatchObject({ code: 'store.foreign' });
  });

  it('refuses a newer schema', async () => {
    const url = `sqlite:${folder}/a.db`;
    await (await openStore(url)).close();
    const db = new DatabaseSync(join(folder, 'a.db'));
    db.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    db.close();
    await expect(openStore(url)).rejects.toMatchObject({ name: 'InvalidInput', code: 'store.newer' });
    await expect(openStore(url, { readOnly: true })).rejects.toMatchObject({ code: 'store.newer' });
  });

  it('takes over a file of the first schema, whose entries are not shared', async () => {
    const file = join(folder, 'a.db');
    const db = new DatabaseSync(file);
    db.exec(migrations[0] ?? '');
    const facts = { history: 'h', seq: 1, key: 'k', event: 'e', report: 'r', run: 'r', revision: '', tool: 'gosec' };
    const row = { ...facts, scope: '', at: '', stored_at: '', severity: 4, count: 3 };
    const columns = Object.keys(row);
    db.prepare(`INSERT INTO entry (${columns}) VALUES (${columns.map(() => '?')})`).run(...Object.values(row));
    db.exec(`PRAGMA application_id = ${0x41737361}; PRAGMA user_version = 1`);
    db.close();
    await expect(openStore(`sqlite:${file}`, { readOnly: true })).rejects.toMatchObject({ code: 'store.older' });
    const store = await openStore(`sqlite:${file}`);
    expect(await store.ledger.entriesOfReport('h', 'r')).toMatchObject([{ tool: 'gosec', count: 3, isShared: false }]);
    expect((await store.ledger.countsOfReport('r')).findings).toBe(3);
    await store.close();
  });

  it('reads only when it is told to', async () => {
    const url = `sqlite:${folder}/a.db`;
    await expect(openStore(url, { readOnly: true })).rejects.toMatchObject({ code: 'store.missing' });
    const writer = await openStore(url);
    const reader = await openStore(url, { readOnly: true });
    await writer.ledger.history('shop');
    expect(await reader.ledger.histories()).toHaveLength(1);
    await expect(reader.ledger.history('other')).rejects.toMatchObject({ name: 'InvalidInput' });
    await reader.close();
    await writer.close();
  });

  it('has one migration a file, in order', async () => {
    const files = (await readdir(join(import.meta.dirname, 'sqlite/migrations'))).filter((name) =>
      /^\d{4}-/.test(name),
    );
    expect(files.sort().map((name) => Number(name.slice(0, 4)))).toEqual(migrations.map((_, index) => index + 1));
  });
});

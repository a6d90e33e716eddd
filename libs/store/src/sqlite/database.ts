// A SQLite file: opened, checked, brought to our schema. Several processes may have it open: writes are short
// transactions that wait for each other.
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { AssayError, Fault, InvalidInput, Transient } from '@assay/contracts';
import { migrations } from './migrations/index.ts';
import { WalSync } from './wal-sync.ts';

/** "Assa" in the file's header (https://sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x41737361;
/** How long a write waits for another process's. Milliseconds. */
const busyTimeoutMs = 10_000;

export type Row = Record<string, SQLInputValue>;

export class Database {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #wal: WalSync;

  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
    this.#wal = new WalSync(file);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#prepared(sql).all(...values) as Row[]);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#prepared(sql).get(...values) as Row | undefined);
  }

  /** Number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#prepared(sql).run(...values).changes));
  }

  /** All of it or nothing; nobody else writes meanwhile. */
  transaction<T>(work: () => T): T {
    this.#guard(() => this.#db.exec('BEGIN IMMEDIATE'));
    try {
      const result = work();
      this.#guard(() => this.#db.exec('COMMIT'));
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Resolves when all that was written before is safe against the power going. */
  async settled(): Promise<void> {
    await this.#wal.settled().catch((error: unknown) => {
      throw translate(error, this.#file);
    });
  }

  async close(): Promise<void> {
    await this.#wal.close();
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  // Preparing costs more than most of our statements do.
  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.#file);
    }
  }
}

export function openDatabase(path: string, { readOnly = false } = {}): Database {
  const file = resolve(path);
  if (readOnly && !existsSync(file)) {
    throw new InvalidInput(`there is no store at ${file}: start the platform once, or set ASSAY_STORE_URL`, {
      code: 'store.missing',
    });
  }
  let db: DatabaseSync | undefined;
  try {
    if (!readOnly) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // SQLite would make it readable for everybody; its -wal and -shm take the mode of the file.
      closeSync(openSync(file, 'a', 0o600));
    }
    db = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs });
    prepare(db, file, readOnly);
    return new Database(db, file);
  } catch (error) {
    if (db?.isOpen) db.close();
    throw translate(error, file);
  }
}

function prepare(db: DatabaseSync, file: string, readOnly: boolean): void {
  if (schemaOf(db, file) > migrations.length) throw newer(file);
  if (readOnly) {
    if (schemaOf(db, file) < migrations.length) {
      throw new InvalidInput(`${file} has an older schema: start the platform once, so that it is brought up to date`, {
        code: 'store.older',
      });
    }
    return;
  }
  // What is acknowledged waits for `settled`: a sync for many commits at once, where FULL blocks for one at each.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  if (schemaOf(db, file) === migrations.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Somebody else may have been quicker.
    const from = schemaOf(db, file);
    if (from > migrations.length) throw newer(file);
    for (const migration of migrations.slice(from)) db.exec(migration);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}

function schemaOf(db: DatabaseSync, file: string): number {
  const application = pragma(db, 'application_id');
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  if (application !== applicationId && tables !== 0) {
    throw new InvalidInput(`${file} is another program's database: name a file of Assay's own in ASSAY_STORE_URL`, {
      code: 'store.foreign',
    });
  }
  return pragma(db, 'user_version');
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function newer(file: string): InvalidInput {
  return new InvalidInput(`${file} was written by a newer Assay: use that version, or another ASSAY_STORE_URL`, {
    code: 'store.newer',
  });
}

/** Primary result codes: https://sqlite.org/rescode.html */
const invalid: Readonly<Record<number, string>> = {
  8: 'may not be written here: check who owns it and its folder',
  14: 'cannot be opened: check that it is a file and that its folder may be read and written',
  26: 'is no SQLite database: name another file in ASSAY_STORE_URL',
};
const transient: Readonly<Record<number, string>> = {
  5: 'is busy: another process has been writing for long',
  6: 'is locked by another statement',
  10: 'could not be read or written: check the disk',
  13: 'cannot grow, the disk is full: make room',
};

function translate(cause: unknown, file: string): unknown {
  if (cause instanceof AssayError) return cause;
  const code = primaryCode(cause);
  if (code !== undefined && transient[code]) {
    return new Transient(`the store ${file} ${transient[code]}`, { code: 'store.unavailable', cause });
  }
  if (code !== undefined && invalid[code]) {
    return new InvalidInput(`the store ${file} ${invalid[code]}`, { code: 'store.file', cause });
  }
  if (isSystemError(cause) && cause.syscall === 'fdatasync') {
    return new Transient(`the store ${file} could not be made safe: check the disk`, {
      code: 'store.unavailable',
      cause,
    });
  }
  if (isSystemError(cause)) {
    return new InvalidInput(`the store ${file} cannot be made: check its folder`, { code: 'store.file', cause });
  }
  return new Fault(`the store ${file} failed: run \`PRAGMA integrity_check\` on it`, { code: 'store.failed', cause });
}

// By their shape: SQLite's errors may come from another realm than ours, where `instanceof Error` fails.
function primaryCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

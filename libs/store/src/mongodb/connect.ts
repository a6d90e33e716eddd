// The connection to a server that speaks MongoDB's protocol, and its errors in our words. Some compatible servers look
// up nothing but `_id` by index, write one document at a time, and lose one of two updates of a document that meet
// (FerretDB 1). So several writers only ever insert, under names that only one of them can have; a document is updated
// where there is one writer: the replica that holds the target's partition.
import { AssayError, Fault, InvalidInput, Transient } from '@assay/contracts';
import {
  type Collection,
  type Db,
  type Document,
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { unusable } from '../store-url.ts';

/** How long to look for a server before giving up. Milliseconds. */
const selectionTimeoutMs = 5000;
/** The newest schema we know; each change adds a number and what it takes in `open`. */
const schemaVersion = 2;

export interface Doc extends Document {
  _id: string;
}

export class Connection {
  readonly #client: MongoClient;
  readonly #db: Db;

  constructor(client: MongoClient, db: Db) {
    this.#client = client;
    this.#db = db;
  }

  collection(name: string): Collection<Doc> {
    return this.#db.collection<Doc>(name);
  }

  /** Runs a command's or a cursor's work; its errors become ours. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error);
    }
  }

  /** Inserts a document; false when there is one of its name. */
  insert(collection: string, doc: Doc): Promise<boolean> {
    return this.attempt(async () => {
      try {
        await this.collection(collection).insertOne(doc);
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === 11000) return false;
        throw error;
      }
    });
  }

  get(collection: string, id: string): Promise<Doc | undefined> {
    return this.attempt(async () => (await this.collection(collection).findOne({ _id: id })) ?? undefined);
  }

  /** Reads a document, changes it and writes it unless somebody was quicker; then again. `change` undefined: leave it. */
  async update(collection: string, id: string, change: (doc: Doc | undefined) => Document | undefined): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const doc = await this.get(collection, id);
      const fields = change(doc);
      if (!fields) return;
      if (!doc) {
        if (await this.insert(collection, { _id: id, ...fields, version: 1 })) return;
        continue;
      }
      const version = doc['version'] as number | undefined;
      const filter = { _id: id, version: version ?? { $exists: false } };
      const { matchedCount } = await this.attempt(() =>
        this.collection(collection).updateOne(filter, { $set: { ...fields, version: (version ?? 0) + 1 } }),
      );
      if (matchedCount > 0) return;
    }
    throw new Transient(`${collection} ${id} is written by too many at once`, { code: 'store.contended' });
  }

  ping(): Promise<void> {
    return this.attempt(async () => {
      await this.#db.command({ ping: 1 });
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

export async function connect(url: string, { readOnly = false } = {}): Promise<Connection> {
  const client = clientOf(url);
  const connection = new Connection(client, client.db());
  try {
    await connection.ping();
    await checkSchema(connection, readOnly);
    return connection;
  } catch (error) {
    await client.close();
    throw error;
  }
}

function clientOf(url: string): MongoClient {
  let client: MongoClient;
  try {
    client = new MongoClient(url, {
      appName: 'assay',
      // What the URL says goes first.
      ...(/[?&]serverSelectionTimeoutMS=/i.test(url) ? {} : { serverSelectionTimeoutMS: selectionTimeoutMs }),
      promoteBuffers: true,
      ignoreUndefined: true,
      // What is acknowledged survives the loss of a node or of its power.
      writeConcern: { w: 'majority', journal: true },
    });
  } catch {
    // The driver's sentence may repeat the URL, and with it the password.
    throw unusable(url, 'write it as mongodb://[USER:PASSWORD@]HOST[:PORT]/DATABASE');
  }
  const named = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(url)?.[1];
  if (!named) throw unusable(url, 'name the database, e.g. mongodb://HOST/assay');
  return client;
}

async function checkSchema(connection: Connection, readOnly: boolean): Promise<void> {
  const stored = (await connection.get('schema', 'assay'))?.['schema'] as number | undefined;
  if (stored !== undefined && stored > schemaVersion) {
    throw new InvalidInput('the store was written by a newer Assay: use that version, or another ASSAY_STORE_URL', {
      code: 'store.newer',
    });
  }
  if (readOnly) return;
  if (stored === undefined) await connection.insert('schema', { _id: 'assay', schema: schemaVersion });
  // From 1 to 2 entries may be shared; one without the field is not. Who knows only 1 would take them for a tool's own.
  else if (stored < schemaVersion) {
    await connection.attempt(() =>
      connection.collection('schema').updateOne({ _id: 'assay', schema: stored }, { $set: { schema: schemaVersion } }),
    );
  }
  // Speed alone: where the server has none of these, the same queries read more.
  await connection.attempt(async () => {
    await connection.collection('entry').createIndex({ severity: 1, _id: 1 });
    await connection.collection('entry').createIndex({ report: 1 });
    await connection.collection('entry').createIndex({ run: 1, severity: 1, _id: 1 });
    await connection.collection('report').createIndex({ run: 1 });
    await connection.collection('report').createIndex({ storedAt: -1, _id: -1 });
    await connection.collection('run').createIndex({ createdAt: -1, _id: -1 });
    await connection.collection('run').createIndex({ isWaiting: 1 });
    await connection.collection('news').createIndex({ run: 1 });
    await connection.collection('token').createIndex({ hash: 1 });
  });
}

function translate(cause: unknown): unknown {
  if (cause instanceof AssayError) return cause;
  if (isOfSocket(cause)) return away(cause);
  if (!(cause instanceof MongoError)) return cause;
  if (cause instanceof MongoServerError && (cause.code === 18 || cause.code === 13)) {
    return new InvalidInput('the store refused our credential: check the user and password in ASSAY_STORE_URL', {
      code: 'store.refused',
    });
  }
  const isAway =
    cause instanceof MongoNetworkError ||
    cause instanceof MongoServerSelectionError ||
    cause.hasErrorLabel('RetryableWriteError') ||
    !(cause instanceof MongoServerError);
  if (isAway) return away(cause);
  return new Fault('the store refused a command', { code: 'store.failed', cause });
}

function away(cause: unknown): Transient {
  return new Transient('the store cannot be reached: check that the server of ASSAY_STORE_URL runs', {
    code: 'store.unavailable',
    cause,
  });
}

// The driver passes on as it is what a socket says that breaks while something is written to it.
function isOfSocket(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

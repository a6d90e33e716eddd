// Writes to a collection and reads the server's refusals. The driver is loaded with this file, where such a sink runs.
import { explain, InvalidInput, Transient } from '@assay/contracts';
import { type AnyBulkWriteOperation, type Collection, MongoBulkWriteError, MongoServerError } from 'mongodb';
import type { Stored } from './operations.ts';
import { newClient, publicClient } from './public-client.ts';

export interface CollectionOptions {
  address: string;
  database: string;
  collection: string;
  timeoutMs: number;
  /** Reaches no server of the inner network. */
  isPublicOnly: boolean;
}

export interface OpenCollection {
  write(operations: AnyBulkWriteOperation<Stored>[]): Promise<void>;
  close(): Promise<void>;
}

const duplicateKey = 11000;
/** What the server says of a document that it will never take: validation, size, names of members. */
const refusals = new Set([2, 14, 121, 10334, 17419, 17420]);

export async function openCollection(options: CollectionOptions): Promise<OpenCollection> {
  const { address, database, collection, timeoutMs, isPublicOnly } = options;
  const client = (isPublicOnly ? publicClient : newClient)(address, {
    appName: 'assay',
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs * 3,
    maxPoolSize: 2,
  });
  const documents = client.db(database).collection<Stored>(collection);
  await client
    .connect()
    .then(() => client.db(database).command({ ping: 1 }))
    .catch(async (cause: unknown) => {
      await client.close();
      throw new Transient(`the MongoDB server does not answer: ${explain(cause)}`, { code: 'sink.mongodb' });
    });
  return { write: (operations) => write(documents, operations), close: () => client.close() };
}

async function write(documents: Collection<Stored>, operations: AnyBulkWriteOperation<Stored>[]): Promise<void> {
  if (await isWritten(documents, operations)) return;
  // Not every server goes on behind a duplicate (FerretDB 1 does not), so each operation is made for itself; and once
  // more, as the document that was in its way may have been put there, older, by another replica just now.
  for (const operation of operations) {
    if (!(await isWritten(documents, [operation]))) await isWritten(documents, [operation]);
  }
}

/** False when a document is there already: the same change, or a newer state. */
async function isWritten(documents: Collection<Stored>, operations: AnyBulkWriteOperation<Stored>[]): Promise<boolean> {
  try {
    await documents.bulkWrite(operations, { ordered: false });
    return true;
  } catch (cause) {
    if (isDuplicate(cause)) return false;
    throw ours(cause);
  }
}

function isDuplicate(cause: unknown): boolean {
  const errors = cause instanceof MongoBulkWriteError ? [cause.writeErrors].flat() : [];
  return errors.length > 0 && errors.every(({ code }) => code === duplicateKey);
}

function ours(cause: unknown): InvalidInput | Transient {
  const errors = cause instanceof MongoBulkWriteError ? [cause.writeErrors].flat() : [];
  const other = errors.find(({ code }) => code !== duplicateKey);
  const code = other?.code ?? (cause instanceof MongoServerError ? cause.code : undefined);
  if (typeof code === 'number' && refusals.has(code)) {
    return new InvalidInput(`the MongoDB server refuses a document: ${other?.errmsg ?? explain(cause)}`, {
      code: 'sink.mongodb.refused',
    });
  }
  return new Transient(`the MongoDB server did not take it: ${explain(cause)}`, { code: 'sink.mongodb' });
}

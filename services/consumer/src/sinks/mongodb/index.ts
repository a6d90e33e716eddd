// Items in a MongoDB collection: the latest state of each finding, or every change. Works with servers that speak the
// protocol only (FerretDB): single writes by _id, no transactions.
import { explain, InvalidInput, Transient } from '@assay/contracts';
import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
} from 'mongodb';
import { z } from 'zod';
import { defineSink, type SinkItem } from '../../sink.ts';

const duplicateKey = 11000;
/** What the server says of a document that it will never take: validation, size, names of members. */
const refusals = new Set([2, 14, 121, 10334, 17419, 17420]);

const config = z.strictObject({
  url: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//)
    .optional()
    .describe('mongodb://… without user name and password; or credentials.url'),
  database: z.string().regex(/^[A-Za-z0-9_-]{1,63}$/),
  collection: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/),
  mode: z.enum(['latest', 'log']).default('latest').describe('One document a finding, or one a change'),
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe('Longest wait for the server. Milliseconds'),
});

interface Stored extends Document {
  _id: string;
}

export const mongodb = defineSink({
  type: 'mongodb',
  summary: 'Documents in a MongoDB collection: the latest state of each finding, or every change.',
  config,
  credentials: ['url'],
  batchSize: 500,
  open: async ({ url, database, collection, mode, timeoutMs }, secrets, { hasFindings }) => {
    if (mode === 'latest' && !hasFindings) {
      throw invalid('mode latest is for findings: use a subject "assay.finding.…", or mode log', 'sink.config');
    }
    const client = new MongoClient(addressOf(url, secrets.url), {
      appName: 'assay',
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs * 3,
      maxPoolSize: 2,
    });
    const documents = client.db(database).collection<Stored>(collection);
    const operations = mode === 'latest' ? latestOperations : logOperations;
    await client
      .connect()
      .then(() => client.db(database).command({ ping: 1 }))
      .catch(async (cause: unknown) => {
        await client.close();
        throw new Transient(`the MongoDB server does not answer: ${explain(cause)}`, { code: 'sink.mongodb' });
      });
    return {
      deliver: (items) => write(documents, operations(items)),
      close: () => client.close(),
    };
  },
});

function addressOf(url: string | undefined, secret: string | undefined): string {
  const address = secret ?? url;
  if (!address) throw invalid('a mongodb sink needs config.url or credentials.url', 'sink.config');
  if (!secret && /^[^/]*\/\/[^/]*@/.test(address)) {
    throw invalid('config.url holds a user name or password; give the whole url by credentials.url', 'sink.config');
  }
  return address;
}

// The newest state of each finding wins, whichever comes last: an older one finds no document to replace, tries to
// insert and meets the newer one's _id.
function latestOperations(items: readonly SinkItem[]): AnyBulkWriteOperation<Stored>[] {
  const newest = new Map<string, SinkItem>();
  for (const item of items) {
    const id = findingKey(item);
    const before = newest.get(id);
    if (!before || before.event.order <= item.event.order) newest.set(id, item);
  }
  return [...newest].map(([id, item]) => ({
    replaceOne: {
      filter: { _id: id, order: { $lte: item.event.order } },
      replacement: documentOf(id, item),
      upsert: true,
    },
  }));
}

function logOperations(items: readonly SinkItem[]): AnyBulkWriteOperation<Stored>[] {
  return items.map((item) => ({ insertOne: { document: documentOf(item.id, item) } }));
}

function documentOf(id: string, { event, finding, data }: SinkItem): Stored {
  const { id: eventId, type, subject, time, order } = event;
  const own = finding ? { ...finding, identity: finding.id, id: undefined } : { data };
  return storable({ _id: id, order, event: { id: eventId, type, subject, time }, ...own }) as Stored;
}

/** Who a finding is across targets and tools. */
function findingKey({ finding }: SinkItem): string {
  return `${finding?.target}/${finding?.tool}/${finding?.id}`;
}

// Names of members with "." or "$" cannot be asked for, and some servers refuse them: they get their full-width forms.
function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name.replaceAll('.', '．').replace(/^\$/, '＄'), storable(member)]),
  );
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
    return invalid(`the MongoDB server refuses a document: ${other?.errmsg ?? explain(cause)}`, 'sink.mongodb.refused');
  }
  return new Transient(`the MongoDB server did not take it: ${explain(cause)}`, { code: 'sink.mongodb' });
}

function invalid(sentence: string, code: string): InvalidInput {
  return new InvalidInput(sentence, { code });
}

// Items in a MongoDB collection: the latest state of each finding, or every change. Works with servers that speak the
// protocol only (FerretDB): single writes by _id, no transactions.
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { defineSink } from '../../sink.ts';
import { latestOperations, logOperations } from './operations.ts';

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

export const mongodb = defineSink({
  type: 'mongodb',
  summary: 'Documents in a MongoDB collection: the latest state of each finding, or every change.',
  config,
  credentials: ['url'],
  // An event's findings at once.
  batchSize: 1024,
  open: async ({ url, database, collection, mode, timeoutMs }, secrets, { hasFindings, allowsPrivateAddresses }) => {
    if (mode === 'latest' && !hasFindings) {
      throw invalid('mode latest is for findings: use a subject "assay.finding.…", or mode log', 'sink.config');
    }
    const address = addressOf(url, secrets.url);
    const operations = mode === 'latest' ? latestOperations : logOperations;
    // Loaded where such a sink runs: the driver takes 30 MB.
    const { openCollection } = await import('./collection.ts');
    const { write, close } = await openCollection({
      address,
      database,
      collection,
      timeoutMs,
      isPublicOnly: !allowsPrivateAddresses,
    });
    return { deliver: (items) => write(operations(items)), close };
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

function invalid(sentence: string, code: string): InvalidInput {
  return new InvalidInput(sentence, { code });
}

// Items as JSON lines in objects of a bucket, whoever provides it (the S3 API), in folders that a query engine can leave
// out. What comes again overwrites the same objects.
import { promisify } from 'node:util';
import { gzip as gzipWith } from 'node:zlib';
import { InvalidInput, maxBatchFindings } from '@assay/contracts';
import { z } from 'zod';
import { reachSettings, urlSetting } from '../../http/settings.ts';
import { defineSink, type Secrets } from '../../sink.ts';
import { openBucket } from './bucket.ts';
import { type ObjectToWrite, partitionItems, partitionNames } from './partition-items.ts';
import type { S3Credentials } from './sign-request.ts';

const gzip = promisify(gzipWith);

/** Objects that are put at the same time. */
const connections = 8;

const config = z.strictObject({
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .default('us-east-1'),
  endpoint: urlSetting.optional().describe('Address of the server; without: Amazon’s'),
  pathStyle: z
    .boolean()
    .optional()
    .describe('The bucket in the path and not in the host’s name; by default with an endpoint of your own'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()=-]+(\/[A-Za-z0-9!_.*'()=-]+)*$/, 'is a path without "/" at its start and end')
    .max(256)
    .refine((prefix) => !prefix.split('/').some((segment) => /^\.+$/.test(segment)), 'has no segment of dots')
    .default('assay')
    .describe('Folder of every object'),
  partition: z
    .array(z.enum(partitionNames))
    .max(partitionNames.length)
    .refine((names) => new Set(names).size === names.length, 'names each once')
    .default(['date', 'severity'])
    .describe('Folders below the prefix, as name=value'),
  group: z.enum(['event', 'delivery']).default('event').describe('What an object holds'),
  gzip: z.boolean().default(true),
  ...reachSettings,
});

export const s3 = defineSink({
  type: 's3',
  summary: 'JSON lines in a bucket (S3 API), partitioned by date and severity.',
  config,
  credentials: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  // Two whole events: one that is larger is cut.
  batchSize: 2 * maxBatchFindings,
  open: async (settings, secrets, context) => {
    const { region, endpoint, prefix, partition, group, gzip: isCompressed } = settings;
    const bucket = await openBucket({
      bucket: settings.bucket,
      region,
      endpoint,
      // A name with dots matches no certificate of the host.
      pathStyle: settings.pathStyle ?? (endpoint !== undefined || settings.bucket.includes('.')),
      credentials: credentialsOf(secrets),
      reach: settings,
      context,
      connections,
    });
    const layout = { prefix: `${prefix}/`, partition, group, suffix: isCompressed ? '.jsonl.gz' : '.jsonl' };
    const write = async ({ key, text }: ObjectToWrite, signal: AbortSignal) => {
      const body = isCompressed ? await gzip(text) : Buffer.from(text);
      await bucket.put({ key, body, contentType: isCompressed ? 'application/gzip' : 'application/x-ndjson' }, signal);
    };
    return {
      deliver: (items, { signal }) => writeAll(partitionItems(items, layout), (object) => write(object, signal)),
      close: () => bucket.close(),
    };
  },
});

/** A few at a time; all that were begun have ended when it throws the first error. */
async function writeAll(
  objects: readonly ObjectToWrite[],
  write: (object: ObjectToWrite) => Promise<void>,
): Promise<void> {
  const waiting = objects.values();
  const errors: unknown[] = [];
  const work = async () => {
    for (const object of waiting) {
      if (errors.length > 0) return;
      await write(object).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  if (errors.length > 0) throw errors[0];
}

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: Secrets): S3Credentials {
  if (accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  throw new InvalidInput('an s3 sink needs credentials.accessKeyId and credentials.secretAccessKey', {
    code: 'sink.config',
  });
}

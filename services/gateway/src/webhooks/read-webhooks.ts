// Which webhooks there are: a YAML file of the administrator's. It says how a delivery proves itself and what becomes of
// it; a delivery can fill in what the file leaves to it, and nothing else.
import { readFile, stat } from 'node:fs/promises';
import { explain, InvalidInput } from '@assay/contracts';
import { parse } from 'yaml';
import { z } from 'zod';

/** Most bytes of the file. */
const maxFileBytes = 256 * 1024;
/** First letters of the variables that may hold a webhook's secret. */
export const secretPrefix = 'ASSAY_WEBHOOK_';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 characters of a-z, 0-9 and "-"');
/** RFC 6901. */
const pointer = z
  .string()
  .max(512)
  .regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON pointer, e.g. /repository/full_name');
/** What the file says, or where it stands in the delivery. */
const value = z.union([z.string().min(1).max(4096), z.strictObject({ from: pointer })]);

const secret = z.union([
  z.strictObject({
    env: z.string().regex(/^ASSAY_WEBHOOK_[A-Z0-9_]{1,100}$/, `must be a variable that begins ${secretPrefix}`),
  }),
  z.strictObject({ file: z.string().startsWith('/', 'must be an absolute path') }),
]);

const webhook = z
  .strictObject({
    name,
    /** "github": X-Hub-Signature-256. "standard": https://www.standardwebhooks.com. */
    scheme: z.enum(['github', 'standard']),
    /** Several while one replaces another. */
    secrets: z.array(secret).min(1).max(4),
    /** X-GitHub-Event; empty: any. */
    events: z.array(z.string().max(64)).max(32).default([]),
    /** Only deliveries that have all of these values. */
    when: z.record(pointer, z.union([z.string(), z.number(), z.boolean()])).default({}),
    run: z
      .strictObject({
        pipeline: z.string().max(63).default('scan'),
        target: value.optional(),
        kind: z.string().max(64).optional(),
        revision: value.optional(),
        sourcePath: z.string().max(4096).optional(),
        components: z.array(z.string().min(1).max(128)).max(100).default([]),
        params: z.record(z.string().min(1).max(128), value).default({}),
      })
      .optional(),
    artifact: z.strictObject({ kind: z.string().min(1).max(64), reference: value }).optional(),
  })
  .refine(
    ({ run, artifact }) => (run === undefined) !== (artifact === undefined),
    'must have either "run" or "artifact"',
  )
  .refine(({ scheme, events }) => scheme === 'github' || events.length === 0, '"events" are GitHub’s; use "when"');

export type Webhook = z.output<typeof webhook>;
export type WebhookValue = z.output<typeof value>;
export type WebhookSecret = z.output<typeof secret>;

/** Every webhook of the file by its name. Throws InvalidInput "gateway.webhooks" naming what is wrong. */
export async function readWebhooks(path: string): Promise<ReadonlyMap<string, Webhook>> {
  const given = await readYaml(path);
  const result = z.strictObject({ webhooks: z.array(webhook).max(1000) }).safeParse(given);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const found = new Map<string, Webhook>();
  for (const each of result.data.webhooks) {
    if (found.has(each.name)) throw invalid(path, `there are two webhooks ${each.name}`);
    found.set(each.name, each);
  }
  return found;
}

async function readYaml(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size <= maxFileBytes) return parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalid(path, explain(cause), cause);
  }
  throw invalid(path, `it is larger than ${maxFileBytes} bytes`);
}

function invalid(path: string, why: string, cause?: unknown): InvalidInput {
  return new InvalidInput(`${path} (ASSAY_GATEWAY_WEBHOOKS_FILE) cannot be used: ${why}`, {
    code: 'gateway.webhooks',
    cause,
  });
}

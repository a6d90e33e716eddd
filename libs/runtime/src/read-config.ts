// Reads configuration from the environment: each key of a schema is one variable; unknown ASSAY_ names are errors.
import { InvalidInput } from '@assay/contracts';
import type { z } from 'zod';
import { type SharedConfig, sharedConfig } from './config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the platform that no service's schema holds: what the command line and the sinks read. */
const others = [
  'ASSAY_URL',
  'ASSAY_TOKEN',
  'ASSAY_TOKEN_FILE',
  'ASSAY_AUTH_HEADER',
  'ASSAY_NATS_SERVER',
  'ASSAY_NATS_PORT',
];
const otherPrefixes = ['ASSAY_SINK_', 'ASSAY_WEBHOOK_', 'ASSAY_TEST_'];

/** Services whose variables may stand in the environment of any other. */
export const serviceNames = ['gateway', 'executor', 'producer', 'enricher', 'ledger', 'consumer'] as const;

/** "ASSAY_PRODUCER_BATCH_SIZE" of ("batchSize", "producer"); without a service "ASSAY_BATCH_SIZE". */
export function variableOf(key: string, service?: string): string {
  const snake = (text: string) =>
    text
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toUpperCase();
  return ['ASSAY', ...(service ? [snake(service)] : []), snake(key)].join('_');
}

export function readConfig<Schema extends z.ZodObject>(
  service: { name: string; config: Schema },
  env: Environment,
): { shared: SharedConfig; config: z.output<Schema> } {
  checkNames(service, env);
  return { shared: readSharedConfig(env), config: parse(service.config, env, service.name) };
}

export function readSharedConfig(env: Environment): SharedConfig {
  const shared = parse(sharedConfig, env);
  const expand = (value: string) => value.replace('$ASSAY_HOME', shared.home);
  return { ...shared, storeUrl: expand(shared.storeUrl), blobsUrl: expand(shared.blobsUrl) };
}

function parse<Schema extends z.ZodObject>(schema: Schema, env: Environment, service?: string): z.output<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((key) => {
      const value = env[variableOf(key, service)];
      return value === undefined || value === '' ? [] : [[key, value]];
    }),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const sentences = result.error.issues.map(
    (issue) => `${variableOf(String(issue.path[0]), service)}: ${issue.message}`,
  );
  throw new InvalidInput(`configuration is wrong: ${sentences.join('; ')}`, { code: 'config.invalid' });
}

function checkNames(service: { name: string; config: z.ZodObject }, env: Environment): void {
  const known = [
    ...Object.keys(sharedConfig.shape).map((key) => variableOf(key)),
    ...Object.keys(service.config.shape).map((key) => variableOf(key, service.name)),
    ...others,
  ];
  const prefixes = [
    ...otherPrefixes,
    ...serviceNames.filter((name) => name !== service.name).map((name) => `ASSAY_${name.toUpperCase()}_`),
  ];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('ASSAY_') || known.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)))
      continue;
    throw new InvalidInput(
      `${name} is not known: did you mean ${nearest(name, known)}? See: assay config ${service.name}`,
      { code: 'config.unknown' },
    );
  }
}

/** The name with the fewest edits (Levenshtein). */
export function nearest(name: string, names: readonly string[]): string {
  return (
    names.map((candidate) => ({ candidate, edits: distance(name, candidate) })).sort((a, b) => a.edits - b.edits)[0]
      ?.candidate ?? ''
  );
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

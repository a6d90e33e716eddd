// Sinks: where events are delivered to. A sink is one JSON value in the key-value bucket "sinks", written by the gateway
// (or from a file by `assay up`) and watched by the consumer. Here is what holds for every type; a type's own `config`
// is checked by the sink that takes it.
import { InvalidInput } from './errors.ts';
import { parseSubjectFilter } from './subject-filter.ts';

/** Where a secret is read by the process that delivers; the value itself is never in a spec. */
export type SecretReference = { env: string } | { file: string };

/** "all": from the oldest stored event, "new": only what comes, a number: stream sequence, else an RFC 3339 time. */
export type SinkStart = 'all' | 'new' | number | (string & {});

export interface SinkSpec {
  /** a-z 0-9 -, 1 to 63; also the key in the bucket and the last token of assay.delivery.finished.<sink>. */
  name: string;
  /** "stdout", "file", "webhook", "mongodb" or whatever else the consumer knows. */
  type: string;
  /** Subject filter, e.g. "assay.finding.changed.opened.critical.>"; its noun says the stream. */
  subject: string;
  /** CEL expression over each finding or event. */
  filter?: string;
  /** Where a new sink begins. Default "all". */
  start?: SinkStart;
  /** How much one delivery holds. */
  batch?: {
    /** Most findings or events, 1 to 10000. */ size?: number /** Longest wait for a full one, milliseconds, at most 60000. */;
    waitMs?: number;
  };
  /** Most deliveries; what is more waits. */
  rateLimit?: RateLimit;
  /** Everything but the delivery itself: what would have been delivered is logged and told of as DRY. */
  dryRun?: boolean;
  /** Texts by the name the type gives each, in the words of template.ts. */
  template?: Record<string, string>;
  /** The type's own settings. */
  config: Record<string, unknown>;
  /** By the name the type gives each, e.g. { "secret": { "env": "HOOK_SECRET" } }. */
  credentials?: Record<string, SecretReference>;
  /** From 1; one more with every replay: the consumer starts a new durable for it. */
  generation: number;
  /** Where this generation begins; absent in the first. */
  replayFrom?: SinkStart;
}

/** Deliveries (requests to try again included) in a second or a minute: exactly one of the two. */
export interface RateLimit {
  /** 0.001 to 1000. */
  perSecond?: number;
  /** 0.001 to 60000. */
  perMinute?: number;
  /** Most at once after a pause, 1 to 1000. Default 1. */
  burst?: number;
}

/** Most bytes of a sink's JSON. */
export const maxSinkBytes = 64 * 1024;
/** Key-value bucket that sinks live in. */
export const sinksBucket = 'sinks';
/** Key-value bucket of the webhook deliveries that were accepted. */
export const deliveriesBucket = 'webhook-deliveries';

const names = [
  'name',
  'type',
  'subject',
  'filter',
  'start',
  'batch',
  'rateLimit',
  'dryRun',
  'template',
  'config',
  'credentials',
  'generation',
  'replayFrom',
] as const;

/** A sink from JSON or YAML that was read; throws InvalidInput "sink.*" with a sentence that names the member. */
export function parseSinkSpec(json: unknown): SinkSpec {
  const given = objectAt(json, 'sink');
  refuseUnknown(given, names, 'sink');
  if (Buffer.byteLength(JSON.stringify(given)) > maxSinkBytes)
    throw invalid('too-large', `a sink may have at most ${maxSinkBytes} bytes of JSON`);
  const spec: SinkSpec = {
    name: nameAt(given.name, 'sink.name'),
    type: nameAt(given.type, 'sink.type'),
    subject: sinkSubjectAt(given.subject),
    config: given.config === undefined ? {} : objectAt(given.config, 'sink.config'),
    generation: given.generation === undefined ? 1 : integerAt(given.generation, 'sink.generation', 1, 2 ** 31),
  };
  if (given.filter !== undefined) spec.filter = textAt(given.filter, 'sink.filter');
  if (given.start !== undefined) spec.start = parseSinkStart(given.start, 'sink.start');
  if (given.batch !== undefined) spec.batch = batchAt(given.batch);
  if (given.rateLimit !== undefined) spec.rateLimit = rateLimitAt(given.rateLimit);
  if (given.dryRun !== undefined) spec.dryRun = flagAt(given.dryRun, 'sink.dryRun');
  if (given.template !== undefined) spec.template = templateAt(given.template);
  if (given.credentials !== undefined) spec.credentials = credentialsAt(given.credentials);
  if (given.replayFrom !== undefined) spec.replayFrom = parseSinkStart(given.replayFrom, 'sink.replayFrom');
  return spec;
}

/** A start position; `where` names it in the error. */
export function parseSinkStart(value: unknown, where: string): SinkStart {
  if (value === 'all' || value === 'new') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  if (typeof value === 'string' && isRfc3339(value)) return value;
  throw invalid('start', `${where} must be "all", "new", a stream sequence from 1 or a time like 2026-01-31T12:00:00Z`);
}

/** A date and time with its zone, and one that exists. RFC 3339 §5.6. */
function isRfc3339(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}

// One stream a sink: a durable reads one.
function sinkSubjectAt(value: unknown): string {
  const subject = parseSubjectFilter(value, 'sink.subject');
  const noun = subject.split('.')[1];
  if (noun !== '*' && noun !== '>') return subject;
  throw invalid(
    'subject',
    'sink.subject must name the noun behind "assay.", e.g. "assay.finding.changed.>"; make a sink for each',
  );
}

function batchAt(value: unknown): NonNullable<SinkSpec['batch']> {
  const given = objectAt(value, 'sink.batch');
  refuseUnknown(given, ['size', 'waitMs'], 'sink.batch');
  const batch: NonNullable<SinkSpec['batch']> = {};
  if (given.size !== undefined) batch.size = integerAt(given.size, 'sink.batch.size', 1, 10_000);
  if (given.waitMs !== undefined) batch.waitMs = integerAt(given.waitMs, 'sink.batch.waitMs', 0, 60_000);
  return batch;
}

function rateLimitAt(value: unknown): RateLimit {
  const where = 'sink.rateLimit';
  const given = objectAt(value, where);
  refuseUnknown(given, ['perSecond', 'perMinute', 'burst'], where);
  if ((given.perSecond === undefined) === (given.perMinute === undefined))
    throw invalid('member', `${where} must have one of perSecond and perMinute`);
  const limit: RateLimit = {};
  if (given.perSecond !== undefined) limit.perSecond = numberAt(given.perSecond, `${where}.perSecond`, 0.001, 1000);
  if (given.perMinute !== undefined) limit.perMinute = numberAt(given.perMinute, `${where}.perMinute`, 0.001, 60_000);
  if (given.burst !== undefined) limit.burst = integerAt(given.burst, `${where}.burst`, 1, 1000);
  return limit;
}

function templateAt(value: unknown): Record<string, string> {
  const entries = Object.entries(objectAt(value, 'sink.template'));
  return Object.fromEntries(entries.map(([name, text]) => [name, textAt(text, `sink.template.${name.slice(0, 64)}`)]));
}

function credentialsAt(value: unknown): Record<string, SecretReference> {
  const entries = Object.entries(objectAt(value, 'sink.credentials'));
  return Object.fromEntries(entries.map(([name, reference]) => [name, referenceAt(name, reference)]));
}

function referenceAt(name: string, value: unknown): SecretReference {
  const where = `sink.credentials.${name}`;
  // The value is not repeated: it may be the secret.
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(
      'credential',
      `${where} must refer to its value: write {"env":"NAME"} or {"file":"/path"}; a literal secret is not taken, because a sink's spec can be read by others`,
    );
  const [[kind, target] = [], ...rest] = Object.entries(value) as [string, unknown][];
  if (
    rest.length === 0 &&
    kind === 'env' &&
    typeof target === 'string' &&
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(target)
  )
    return { env: target };
  if (rest.length === 0 && kind === 'file' && typeof target === 'string' && /^\/[^\0]{1,1023}$/.test(target))
    return { file: target };
  throw invalid('credential', `${where} must be {"env":"NAME"} or {"file":"/path"}, the path absolute`);
}

function nameAt(value: unknown, where: string): string {
  if (typeof value === 'string' && /^[a-z0-9-]{1,63}$/.test(value)) return value;
  throw invalid('name', `${where} must be 1 to 63 characters of a-z, 0-9 and "-"`);
}

function textAt(value: unknown, where: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalid('member', `${where} must be a string that is not empty`);
}

function integerAt(value: unknown, where: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid('member', `${where} must be a whole number from ${least} to ${most}`);
}

function numberAt(value: unknown, where: string, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalid('member', `${where} must be a number from ${least} to ${most}`);
}

function flagAt(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid('member', `${where} must be true or false`);
}

function objectAt(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('member', `${where} must be an object`);
}

function refuseUnknown(given: Record<string, unknown>, known: readonly string[], where: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalid(
      'member',
      `${where} has no member ${JSON.stringify(unknown.slice(0, 64))}; it knows ${known.join(', ')}`,
    );
}

function invalid(code: string, message: string): InvalidInput {
  return new InvalidInput(message, { code: `sink.${code}` });
}

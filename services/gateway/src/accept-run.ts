// A request to run a pipeline, from whichever door it came.
import { basename } from 'node:path/posix';
import { type Draft, emit, InvalidInput, keyedId, type RunRequested, runRequested } from '@assay/contracts';
import { fromWire } from '@assay/runtime';
import type { RequestFacts } from './accept-report.ts';
import type { Gateway } from './gateway.ts';

/**
 * Publishes run.requested; the answer is the run's id. The same idempotency key twice is one run; throws InvalidInput
 * "run.conflict" when it was another one's.
 */
export async function requestRun(gateway: Gateway, given: Draft<RunRequested>, from: RequestFacts): Promise<string> {
  const run = checkRun(given);
  const { idempotencyKey, principal, traceparent } = from;
  const isKeyed = run.runId === '' && idempotencyKey !== undefined;
  const runId =
    run.runId ||
    (idempotencyKey === undefined
      ? crypto.randomUUID()
      : keyedId(runRequested.name, `${principal.name}\0${idempotencyKey}`));
  // The stream forgets an id after its duplicate window; the store does not.
  const known = isKeyed ? (await gateway.store.runs.get(runId))?.requested : undefined;
  if (known) {
    checkSame(run, known);
    return runId;
  }
  const request = emit(runRequested, { ...run, runId, requestedAt: gateway.now().toISOString() });
  const id = keyedId(runRequested.name, runId);
  const { isDuplicate, stream, sequence } = await gateway.publish(request, {
    id,
    ...(traceparent ? { traceparent } : {}),
  });
  const first = isDuplicate && isKeyed ? await gateway.bus.messageAt(stream, sequence) : undefined;
  if (first) checkSame(run, (await fromWire(first, runRequested, gateway.blobs)).data);
  return runId;
}

function checkSame(given: RunRequested, first: RunRequested): void {
  if (essence(given) === essence(first)) return;
  throw new InvalidInput('the Idempotency-Key belongs to another run; use a new one for a new request', {
    code: 'run.conflict',
  });
}

/** What is asked for, whoever asks and when. */
function essence(run: RunRequested): string {
  const { pipeline, target, revision, sourcePath, sourceUrl, sourceArchive, components, params, steps } = run;
  const sorted = (values: Record<string, string> | undefined) => Object.entries(values ?? {}).sort();
  const slip = (steps ?? []).map((step) => [step.name, sorted(step.params)]);
  return JSON.stringify([
    pipeline,
    target?.name ?? '',
    target?.kind ?? '',
    revision ?? '',
    sourcePath ?? '',
    sourceUrl ?? '',
    sourceArchive?.digest ?? '',
    components ?? [],
    sorted(params),
    slip,
  ]);
}

/** The request with its defaults; throws InvalidInput "run.*" for one that no executor may be given. */
export function checkRun(given: Draft<RunRequested>): RunRequested {
  const run = runRequested.message.create(given);
  run.pipeline ||= 'scan';
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(run.pipeline))
    throw invalid('pipeline', 'pipeline must be 1 to 63 characters of a-z, 0-9, "_" and "-"');
  if (run.runId !== '' && !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(run.runId))
    throw invalid('id', 'runId must be 1 to 128 letters, digits, "_", "." and "-"');
  const { sourcePath } = run;
  if (
    sourcePath !== '' &&
    (!sourcePath.startsWith('/') || sourcePath.includes('\0') || sourcePath.split('/').includes('..'))
  )
    throw invalid('source-path', 'sourcePath must be an absolute path without ".." on the executor’s machine');
  checkSource(run);
  const name = run.target?.name || basename(sourcePath) || nameOfUrl(run.sourceUrl);
  if (name === '') throw invalid('target', 'say what to scan: give "target", "sourcePath", "sourceUrl" or both');
  run.target = { name, kind: run.target?.kind || 'repository' };
  return run;
}

/** Of several sources nobody would know which one was scanned. */
function checkSource({ sourcePath, sourceUrl, sourceArchive }: RunRequested): void {
  if ([sourcePath !== '', sourceUrl !== '', sourceArchive].filter(Boolean).length > 1)
    throw invalid('source', 'give one of "sourcePath", "sourceUrl" and "sourceArchive"');
  if (sourceUrl === '') return;
  const url = URL.parse(sourceUrl);
  if (sourceUrl.length > 2048 || !url || !['https:', 'http:', 'ssh:'].includes(url.protocol))
    throw invalid('source', 'sourceUrl must be an https, http or ssh address of at most 2048 characters');
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:'))
    throw invalid('source', 'sourceUrl must not hold a password: everybody who reads events would see it');
}

/** "github.com/acme/shop" of "https://github.com/acme/shop.git". */
function nameOfUrl(sourceUrl: string): string {
  const url = URL.parse(sourceUrl);
  return url ? `${url.host}${url.pathname}`.replace(/(\.git|\/)$/, '') : '';
}

function invalid(code: string, message: string): InvalidInput {
  return new InvalidInput(message, { code: `run.${code}` });
}

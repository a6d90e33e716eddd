// A list, then what changes, for ever. Nothing is held here: the reader's pace is the connection's (the server ends one
// that is too slow, and it begins again), and what came before is not remembered.
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Transient } from '@assay/contracts';
import { errorOf, type Status } from './errors.ts';
import { jsonFrames } from './json-frames.ts';
import type { KindRef, KubeObject, Selection, WatchEvent } from './kube.ts';
import { listPages } from './pages.ts';
import { pathOf, type ResourcePaths } from './resource-paths.ts';
import type { Transport } from './transport.ts';

/** Waits between tries that fail; each is a random part of it, so that replicas do not come back at once. Milliseconds. */
const firstWaitMs = 250;
const lastWaitMs = 30_000;

export interface Watched {
  readonly transport: Transport;
  readonly paths: ResourcePaths;
  readonly kind: KindRef;
  readonly selection: Selection;
  readonly resyncMs: number;
}

type Frame =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly object: Status };

export async function* watchKind(watched: Watched, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  // Where the last list or change was; undefined: a list is due.
  let version: string | undefined;
  let resyncAt = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (version === undefined || performance.now() >= resyncAt) {
        version = yield* tellAll(watched, signal);
        resyncAt = performance.now() + watched.resyncMs;
        failures = 0;
      }
      for await (const { type, object } of changes(watched, version, resyncAt, signal)) {
        failures = 0;
        version = object.metadata.resourceVersion ?? version;
        if (type !== 'BOOKMARK') yield { type: type === 'DELETED' ? 'deleted' : 'applied', object };
      }
      // A server that ends each connection at once is not asked again at once.
      if (performance.now() < resyncAt) await pause(failures++, 0, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Transient)) throw error;
      if (error.code === 'kube.expired') version = undefined;
      await pause(failures++, error.retryAfterMs ?? 0, signal);
    }
  }
}

async function* tellAll(watched: Watched, signal: AbortSignal): AsyncGenerator<WatchEvent, string> {
  const told: KubeObject[] = [];
  let version = '';
  for await (const page of listPages(watched, watched.selection, signal)) {
    for (const object of page.objects) yield { type: 'applied', object };
    told.push(...page.objects);
    version = page.version;
  }
  yield { type: 'synced', objects: told };
  return version;
}

/** One connection's: ends when the server ends it, or when a new list is due. */
async function* changes(
  { transport, paths, kind, selection, resyncMs }: Watched,
  version: string,
  resyncAt: number,
  signal: AbortSignal,
): AsyncGenerator<Exclude<Frame, { type: 'ERROR' }>> {
  const resource = await paths.find(kind, signal);
  const doing = `watch ${resource.plural}`;
  // Also ends a connection whose other side is gone without a word.
  const due = new AbortController();
  const timer = setTimeout(() => due.abort(), Math.max(0, resyncAt - performance.now()));
  let body: IncomingMessage | undefined;
  try {
    const answer = await transport.open({
      doing,
      path: pathOf(resource, selection.namespace === undefined ? {} : { namespace: selection.namespace }),
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: version,
        timeoutSeconds: String(Math.ceil(resyncMs / 1000)),
        labelSelector: selection.labels,
        fieldSelector: selection.fields,
      },
      signal: AbortSignal.any([signal, due.signal]),
    });
    if ('refusal' in answer) throw errorOf(doing, answer.refusal);
    body = answer.body;
    for await (const frame of jsonFrames<Frame>(body)) {
      if (frame.type === 'ERROR') throw frameError(doing, frame.object);
      yield frame;
    }
  } catch (error) {
    if (!due.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    body?.destroy();
  }
}

function frameError(doing: string, status: Status): Error {
  return errorOf(doing, { status: status.code ?? 500, body: status, text: '', retryAfter: undefined });
}

async function pause(failures: number, leastMs: number, signal: AbortSignal): Promise<void> {
  const mostMs = Math.min(lastWaitMs, firstWaitMs * 2 ** Math.min(failures, 16));
  await sleep(leastMs + Math.random() * mostMs, undefined, { signal }).catch(() => {});
}

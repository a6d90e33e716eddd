// News of runs as documents, and what they say together.
import { hash } from 'node:crypto';
import type { RunNews } from '../ledger-store.ts';
import { changeOf, isLater, phases } from '../run-phase.ts';
import type { StoredRun } from '../store.ts';
import type { Doc } from './connect.ts';

/** `before` is what was known of the run; an assessment says what of it it speaks for. */
export function newsDocument(runId: string, news: RunNews, time: string, before: readonly Doc[]): Doc {
  const covers = 'assessed' in news ? before.flatMap((doc) => (doc['kind'] === 'assessed' ? [] : doc._id)) : [];
  const [kind = '', told] = Object.entries(news)[0] ?? [];
  // Messages as JSON text: their maps have keys that field names may not have.
  return { _id: nameOf(runId, news, covers), run: runId, time, kind, told: JSON.stringify(told), covers };
}

/** The same for the same news, however often it is told. */
function nameOf(runId: string, news: RunNews, covers: readonly string[]): string {
  const name = (...parts: string[]) => [runId, ...parts].join('/');
  if ('task' in news) return name('task', news.task.task);
  if ('report' in news) return name('report', news.report);
  if ('standalone' in news) return name('standalone', news.standalone.parsedAt);
  if ('assessed' in news)
    return name('assessed', news.assessed.assessedAt, hash('sha256', covers.join('\n')).slice(0, 16));
  return name(Object.keys(news)[0] ?? '');
}

/** A run from all its news, oldest first. */
export function together(
  runId: string,
  docs: readonly Doc[],
): { run: StoredRun; isWaiting: boolean; createdAt: string } {
  const run: StoredRun = { runId, pipeline: '', target: '', revision: '', phase: '', tasks: [], updatedAt: '' };
  const covered = new Set<string>();
  let phase = 0;
  for (const doc of docs) {
    const news = newsOf(doc);
    if (doc['time'] > run.updatedAt) run.updatedAt = doc['time'];
    if ('task' in news) run.tasks = [...(run.tasks ?? []), news.task];
    if ('task' in news || 'report' in news) continue;
    if ('assessed' in news) {
      if (!isLater(news.assessed, run.assessed)) continue;
      for (const id of doc['covers'] as string[]) covered.add(id);
    }
    const change = changeOf(news);
    if (change.part) Object.assign(run, news);
    run.pipeline = change.pipeline || run.pipeline;
    run.target = change.target || run.target;
    run.revision = change.revision || run.revision;
    phase = Math.max(phase, change.phase);
  }
  run.phase = phases[phase] || 'requested';
  run.tasks?.sort((a, b) => (a.task < b.task ? -1 : 1));
  const asks = ['finished', 'standalone', 'report'];
  const isWaiting = phase >= 3 && docs.some((doc) => asks.includes(doc['kind']) && !covered.has(doc._id));
  return { run, isWaiting, createdAt: docs[0]?.['time'] ?? '' };
}

function newsOf(doc: Doc): RunNews {
  return { [doc['kind']]: JSON.parse(doc['told']) } as unknown as RunNews;
}

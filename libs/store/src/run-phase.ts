// How far a run has come, from what was told of it, for both drivers.
import type { ReportParsed } from '@assay/contracts';
import type { RunNews } from './ledger-store.ts';

export const phases = ['', 'requested', 'started', 'finished', 'assessed'] as const;

/** Pipeline of a report that belongs to no run. */
export const standalonePipeline = 'report';

/** What news changes in a stored run; empty strings leave what is there. */
export interface RunChange {
  pipeline: string;
  target: string;
  revision: string;
  phase: number;
  /** Whether the run waits to be assessed after this; undefined: as before. */
  isWaiting: boolean | undefined;
  part?: 'requested' | 'started' | 'finished' | 'assessed';
}

export function changeOf(news: Exclude<RunNews, { task: unknown } | { report: unknown }>): RunChange {
  if ('requested' in news) return { ...namesOf(news.requested), phase: 1, isWaiting: undefined, part: 'requested' };
  if ('started' in news) return { ...namesOf(news.started), phase: 2, isWaiting: undefined, part: 'started' };
  if ('finished' in news) return { ...namesOf(news.finished), phase: 3, isWaiting: true, part: 'finished' };
  if ('assessed' in news) return { ...namesOf(news.assessed), phase: 4, isWaiting: false, part: 'assessed' };
  const report: ReportParsed = news.standalone;
  return { ...namesOf({ ...report, pipeline: standalonePipeline }), phase: 3, isWaiting: true };
}

/** Whether an assessment may take the place of another one. */
export function isLater(next: { assessedAt: string }, stored: { assessedAt: string } | undefined): boolean {
  return stored === undefined || next.assessedAt >= stored.assessedAt;
}

function namesOf(message: { pipeline: string; target?: { name: string } | undefined; revision: string }) {
  return { pipeline: message.pipeline, target: message.target?.name ?? '', revision: message.revision };
}

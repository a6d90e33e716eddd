// The last word on a run: every count of every stage, and whether they add up. Made of what is stored alone, so that
// whoever asks gives the same answer under the same event id.
import { hash } from 'node:crypto';
import {
  Assessment,
  Completeness,
  emitTotal,
  Outcome,
  type Outgoing,
  outcomeNames,
  type ReportParsed,
  type RunAssessed,
  runAssessed,
  type TaskFinished,
} from '@assay/contracts';
import { type Counts, emptyCounts, type LedgerReport, type StoredRun, standalonePipeline } from '@assay/store';
import type { LedgerContext } from './resources.ts';
import { addAll, stagesOf, sum } from './tally.ts';

/** Assesses a run when it is over and nothing of it is missing; does nothing while something is. */
export async function* assessRun(runId: string, context: LedgerContext): AsyncIterable<Outgoing> {
  const facts = await gather(runId, context);
  if (facts && !isMissing(facts)) yield* say(facts, context, true);
}

/** Schedule: assesses runs that have waited too long for what is missing. */
export async function* assessOverdue(context: LedgerContext): AsyncIterable<Outgoing> {
  const { ledger } = context.resources.store;
  for (const runId of await ledger.waitingRuns()) {
    const facts = await gather(runId, context);
    if (!facts) continue;
    if (facts.run.assessed && isSame(facts.run.assessed, assess(facts))) {
      await ledger.noteRun(runId, { assessed: facts.run.assessed }, facts.run.updatedAt);
      continue;
    }
    const waited = context.now().getTime() - Date.parse(facts.progressAt);
    if (!isMissing(facts) || waited >= context.config.assessAfterMs) yield* say(facts, context, false);
  }
}

interface ReportFacts extends LedgerReport {
  counts: Counts;
}

interface Facts {
  run: StoredRun;
  tasks: TaskFinished[];
  reports: ReportFacts[];
  /** Reports that tasks handed over and nobody parsed, by id: the task's name. */
  absent: Map<string, string>;
  /** When anything of it last went on. */
  progressAt: string;
}

/** What is known of a run that is over; undefined when it is not. */
async function gather(runId: string, { resources }: LedgerContext): Promise<Facts | undefined> {
  const { runs, ledger } = resources.store;
  const run = await runs.get(runId);
  const stored = await ledger.reportsOfRun(runId);
  if (!run || !(run.finished || stored.some(({ parsed }) => parsed.standalone))) return undefined;
  const tasks = new Map([...(run.tasks ?? []), ...(run.finished?.tasks ?? [])].map((task) => [task.task, task]));
  const reports: ReportFacts[] = [];
  let progressAt = run.updatedAt;
  for (const report of stored) {
    const counts = report.closed?.counts ?? (await ledger.countsOfReport(report.parsed.reportId));
    const heardAt = 'storedAt' in counts ? String(counts.storedAt) : (report.closed?.at ?? '');
    for (const time of [report.storedAt, heardAt]) if (time > progressAt) progressAt = time;
    reports.push({ ...report, counts });
  }
  const here = new Set(stored.map(({ parsed }) => parsed.reportId));
  const absent = new Map<string, string>();
  for (const { task, reportIds } of tasks.values()) for (const id of reportIds) if (!here.has(id)) absent.set(id, task);
  return { run, tasks: [...tasks.values()], reports, absent, progressAt };
}

function isMissing({ reports, absent }: Facts): boolean {
  return absent.size > 0 || reports.some(({ closed }) => !closed);
}

/**
 * Stored before it is published, so that who hears of it finds it; a crash in between repeats both, because the input
 * was not acked. A schedule has no such input: what it says is stored when it comes back from the stream.
 */
async function* say(facts: Facts, context: LedgerContext, isRepeated: boolean): AsyncIterable<Outgoing> {
  const assessed = assess(facts);
  const digest = hash('sha256', JSON.stringify(assessed)).slice(0, 32);
  const { assessed: told } = facts.run;
  const isTold = told !== undefined && isSame(told, assessed);
  const event = { ...assessed, assessedAt: isTold ? told.assessedAt : context.now().toISOString() };
  if (isRepeated) await context.resources.store.ledger.noteRun(event.runId, { assessed: event }, event.assessedAt);
  yield emitTotal(runAssessed, event, `${event.runId}/${digest}`);
}

function assess({ run, tasks, reports, absent }: Facts): RunAssessed {
  const failures = [...tasks.flatMap(taskProblem), ...reports.flatMap(({ parsed }) => scanProblem(parsed))];
  const { finished } = run;
  if (finished && failures.length === 0 && !isGood(finished.outcome)) {
    failures.push(`the run ended as ${outcomeNames.of(finished.outcome)}`);
  }
  const gaps = [
    ...[...absent].map(
      ([id, task]) => `task ${task} handed over report ${id}, which was never parsed: see the dead letters of producer`,
    ),
    ...reports.flatMap((report) => gap(report, stepsOf(run))),
  ];
  const counts = reports.reduce((total, report) => addAll(total, report.counts), emptyCounts());
  const target = finished?.target ?? run.started?.target ?? run.requested?.target ?? reports[0]?.parsed.target;
  return {
    runId: run.runId,
    pipeline: run.pipeline || standalonePipeline,
    ...(target ? { target } : {}),
    revision: run.revision,
    assessment:
      gaps.length > 0 ? Assessment.INCOMPLETE : failures.length > 0 ? Assessment.PARTIAL : Assessment.COMPLETE,
    stages: stagesOf(
      reports.map(({ parsed }) => parsed),
      counts,
    ),
    transitions: counts.transitions,
    severities: counts.severities,
    problems: [...gaps, ...failures],
    tasks,
    reports: reports.map(({ parsed }) => parsed),
    assessedAt: '',
  };
}

function isSame(told: RunAssessed, assessed: RunAssessed): boolean {
  return JSON.stringify({ ...told, assessedAt: '' }) === JSON.stringify(assessed);
}

function isGood(outcome: Outcome): boolean {
  return outcome === Outcome.SUCCEEDED || outcome === Outcome.SKIPPED;
}

function taskProblem({ task, outcome, reason }: TaskFinished): string[] {
  if (isGood(outcome)) return [];
  return [`task ${task} ended as ${outcomeNames.of(outcome)}${reason ? `: ${reason}` : ''}`];
}

function scanProblem({ reportId, tool, format, completeness, notes }: ReportParsed): string[] {
  if (completeness === Completeness.COMPLETE) return [];
  const what = completeness === Completeness.PARTIAL ? 'does not cover everything' : 'could not be read to its end';
  const [why] = notes;
  return [`report ${reportId} of ${tool?.name || format} ${what}${why ? `: ${why}` : ''}`];
}

function gap({ parsed, counts, closed }: ReportFacts, stepsOfRun: readonly string[]): string[] {
  const { reportId, raw, findings, tool, format } = parsed;
  // A report that belongs to no run brings its own steps.
  const steps = parsed.steps?.length ? parsed.steps : stepsOfRun;
  const name = `report ${reportId} of ${tool?.name || format}`;
  const accounted = findings + sum(parsed.merged) + sum(parsed.filtered);
  const gaps = raw === accounted ? [] : [`${name} has ${raw} records, but ${accounted} are accounted for`];
  if (closed) return gaps;
  const way = steps.length > 0 ? ` through ${steps.length > 1 ? 'steps' : 'step'} ${steps.join(', ')}` : '';
  if (counts.findings < findings) {
    const missing = `${name}: ${findings - counts.findings} of ${findings} findings did not come${way}`;
    return [...gaps, `${missing}: see the dead letters of enricher and ledger`];
  }
  if (counts.findings > findings) return [...gaps, `${name} has ${findings} findings, but ${counts.findings} came`];
  return [...gaps, `${name} is not closed yet`];
}

function stepsOf({ requested }: StoredRun): string[] {
  return (requested?.steps ?? []).map(({ name }) => name);
}

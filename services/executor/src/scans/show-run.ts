// run.started, run.finished, run.assessed → the status of the Scan whose run it is: what `kubectl get scans` shows.
import {
  Assessment,
  type Event,
  Outcome,
  type Outgoing,
  type RunAssessed,
  type RunFinished,
  type RunStarted,
  severityNames,
  Transient,
  transitionNames,
} from '@assay/contracts';
import { type ScanPhase, type ScanStatus, setCondition } from '@assay/contracts/resources';
import type { Context } from '@assay/runtime';
import { placeOfRun, type Scan, scanKind, scanOf } from './scan.ts';
import type { Scans } from './start-scans.ts';
import { writeStatus } from './write-status.ts';

/** Times that a status is read anew after another wrote it. */
const maxTries = 5;

export interface ShowsRuns {
  /** Undefined: this executor looks after no Scans. */
  readonly scans?: Scans | undefined;
}

type ShowContext = Context<unknown, ShowsRuns>;

export async function* showStart({ data }: Event<RunStarted>, context: ShowContext): AsyncGenerator<Outgoing> {
  await show(data.runId, context, (scan) => movedOn(scan, data.runId, 'Running'));
}

export async function* showFinish({ data }: Event<RunFinished>, context: ShowContext): AsyncGenerator<Outgoing> {
  await show(data.runId, context, (scan) => movedOn(scan, data.runId, 'Assessing'));
}

export async function* showAssessment({ data }: Event<RunAssessed>, context: ShowContext): AsyncGenerator<Outgoing> {
  await show(data.runId, context, (scan, now) => assessed(scan, data, now));
}

async function show(
  runId: string,
  { resources: { scans }, now, log }: ShowContext,
  change: (scan: Scan, now: Date) => ScanStatus | undefined,
): Promise<void> {
  const place = placeOfRun(runId);
  if (!scans || !place) return;
  for (let tries = 0; tries < maxTries; tries++) {
    const object = await scans.kube.get({ ...scanKind, ...place });
    // Gone, or another of its name.
    if (!object) return;
    const scan = scanOf(object);
    const status = change(scan, now());
    if (!status || (await writeStatus(scans.kube, scan, status))) return;
  }
  log.info({ ...place, run: runId }, 'status of a scan changes too fast');
  throw new Transient(`The status of Scan ${place.namespace}/${place.name} is being changed by others.`, {
    code: 'scan.busy',
  });
}

const order: readonly ScanPhase[] = ['Pending', 'Running', 'Assessing'];

/** Undefined where it is further already: an event may come twice, and late. */
function movedOn({ status }: Scan, runId: string, phase: ScanPhase): ScanStatus | undefined {
  if (status.runId === runId) return isBefore(status.phase, phase) ? { ...status, phase } : undefined;
  return inHistory(status, runId, (before) => (isBefore(before, phase) ? phase : before));
}

function isBefore(phase: ScanPhase | undefined, next: ScanPhase): boolean {
  const at = phase === undefined ? 0 : order.indexOf(phase);
  return at >= 0 && at < order.indexOf(next);
}

function assessed({ status, generation }: Scan, run: RunAssessed, now: Date): ScanStatus | undefined {
  const phase = phaseOf(run);
  if (status.runId !== run.runId) return inHistory(status, run.runId, () => phase);
  const problems = run.problems.slice(0, 10).map((problem) => problem.slice(0, 1024));
  const isReady = phase === 'Complete';
  const ready = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason: phase,
    message: problems[0] ?? '',
    generation,
  } as const;
  return {
    ...status,
    phase,
    findings: countsOf(run.severities, severityNames.all),
    transitions: countsOf(run.transitions, transitionNames.all),
    problems,
    conditions: setCondition(status.conditions ?? [], ready, now),
  };
}

function phaseOf({ assessment, tasks, reports }: RunAssessed): ScanPhase {
  const isGood = (outcome: Outcome) => outcome === Outcome.SUCCEEDED || outcome === Outcome.SKIPPED;
  if (reports.length === 0 && tasks.length > 0 && !tasks.some(({ outcome }) => isGood(outcome))) return 'Failed';
  if (assessment === Assessment.COMPLETE) return 'Complete';
  return assessment === Assessment.PARTIAL ? 'Partial' : 'Incomplete';
}

/** Every severity is named, so that a zero is known to be one. */
function countsOf(counts: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, counts[name] ?? 0]));
}

function inHistory(status: ScanStatus, runId: string, change: (phase: ScanPhase) => ScanPhase): ScanStatus | undefined {
  const history = (status.history ?? []).map((run) =>
    run.runId === runId ? { ...run, phase: change(run.phase) } : run,
  );
  return history.some(({ phase }, at) => phase !== status.history?.[at]?.phase) ? { ...status, history } : undefined;
}

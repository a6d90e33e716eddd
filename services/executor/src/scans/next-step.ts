// What is to be done for a Scan now, by what it says and what its status says was done. The status is all that is
// remembered: whoever reads it decides the same, and of two replicas that write it one is refused and looks again.
// So a run is first decided (status.runId), then asked for on the bus, then marked as asked for; a replica that dies in
// between leaves what the next one takes up, under the same id.
import { explain, InvalidInput } from '@assay/contracts';
import { type ScanSpec, type ScanStatus, scanSpec, setCondition } from '@assay/contracts/resources';
import { nextRunTime } from './next-run-time.ts';
import { conditionOf, runIdOf, type Scan } from './scan.ts';

export type Step =
  /** Nothing before `until`; undefined: before it changes. */
  | { readonly kind: 'wait'; readonly until?: Date }
  /** Status that it is to have. */
  | { readonly kind: 'write'; readonly status: ScanStatus }
  /** A run that is to be asked for, and the status after that. */
  | { readonly kind: 'request'; readonly runId: string; readonly spec: ScanSpec; readonly status: ScanStatus };

export function nextStep(scan: Scan, now: Date): Step {
  const { status, generation } = scan;
  let spec: ScanSpec;
  let next: Date | undefined;
  try {
    spec = specOf(scan.spec);
    if (spec.schedule !== undefined) next = nextRunTime(spec.schedule, spec.timeZone ?? 'UTC', now);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return refused(scan, explain(error), now);
  }
  if (status.runId !== undefined && conditionOf(scan, 'Requested')?.status !== 'True')
    return { kind: 'request', runId: status.runId, spec, status: requested(scan, now) };
  const isNew = status.observedGeneration !== generation;
  if (spec.suspend) return isNew ? settled(scan, 'Suspended', undefined, now) : { kind: 'wait' };
  if (spec.schedule === undefined) return isNew ? begun(scan, spec, `${generation}`, undefined, now) : { kind: 'wait' };
  // A schedule that was changed begins with its next time, not with one that it would have had.
  if (isNew) return settled(scan, 'Scheduled', next, now);
  if (status.nextRunTime === undefined) return { kind: 'wait' };
  const due = new Date(status.nextRunTime);
  // However many times went by while nobody looked: one run.
  return due > now ? { kind: 'wait', until: due } : begun(scan, spec, status.nextRunTime, next, now);
}

function specOf(given: unknown): ScanSpec {
  const { data, error } = scanSpec.safeParse(given);
  if (data) return data;
  const [issue] = error.issues;
  throw new InvalidInput(`spec.${issue?.path.join('.')}: ${issue?.message}`, { code: 'scan.spec' });
}

function refused(scan: Scan, message: string, now: Date): Step {
  const { status, generation } = scan;
  if (status.observedGeneration === generation && conditionOf(scan, 'Accepted')?.message === message)
    return { kind: 'wait' };
  const condition = { type: 'Accepted', status: 'False', reason: 'Invalid', message, generation } as const;
  const { nextRunTime: _, ...rest } = status;
  return {
    kind: 'write',
    status: {
      ...rest,
      observedGeneration: generation,
      conditions: setCondition(status.conditions ?? [], condition, now),
    },
  };
}

function settled(scan: Scan, reason: string, next: Date | undefined, now: Date): Step {
  const { nextRunTime: _, ...rest } = accepted(scan, reason, now);
  return { kind: 'write', status: { ...rest, ...(next ? { nextRunTime: next.toISOString() } : {}) } };
}

function begun(scan: Scan, spec: ScanSpec, occasion: string, next: Date | undefined, now: Date): Step {
  const { generation } = scan;
  const {
    nextRunTime: _,
    problems: __,
    runId,
    phase,
    lastRunTime,
    history = [],
    ...rest
  } = accepted(scan, 'Running', now);
  const before = runId && phase && lastRunTime ? [{ runId, phase, startedAt: lastRunTime }] : [];
  const requesting = { type: 'Requested', status: 'False', reason: 'Requesting', message: '', generation } as const;
  const waiting = { type: 'Ready', status: 'Unknown', reason: 'Pending', message: '', generation } as const;
  const conditions = setCondition(setCondition(rest.conditions ?? [], requesting, now), waiting, now);
  return {
    kind: 'write',
    status: {
      ...rest,
      runId: runIdOf(scan, occasion),
      phase: 'Pending',
      lastRunTime: now.toISOString(),
      history: [...before, ...history].slice(0, spec.historyLimit),
      conditions,
      ...(next ? { nextRunTime: next.toISOString() } : {}),
    },
  };
}

function accepted({ status, generation }: Scan, reason: string, now: Date): ScanStatus {
  const condition = { type: 'Accepted', status: 'True', reason, message: '', generation } as const;
  return {
    ...status,
    observedGeneration: generation,
    conditions: setCondition(status.conditions ?? [], condition, now),
  };
}

function requested({ status, generation }: Scan, now: Date): ScanStatus {
  const condition = { type: 'Requested', status: 'True', reason: 'Requested', message: '', generation } as const;
  return { ...status, conditions: setCondition(status.conditions ?? [], condition, now) };
}

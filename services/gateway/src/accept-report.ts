// A report on its way in: its content to the blob store, then one event that refers to it. Raw reports may hold secrets,
// so the content itself never travels on the bus.
import type { PublishResult } from '@assay/bus';
import {
  type BlobRef,
  emit,
  InvalidInput,
  keyedId,
  type ReportSubmitted,
  reportSubmitted,
  type Step,
  Transient,
} from '@assay/contracts';
import { fromWire } from '@assay/runtime';
import { authorize, type Principal } from './auth.ts';
import type { Gateway } from './gateway.ts';

/** What a client says about a report; all but the target has a default. */
export interface ReportFacts {
  format: string;
  target?: string;
  kind?: string;
  revision?: string;
  run?: string;
  task?: string;
  scope?: string;
  sourceRoot?: string;
  tool?: string;
  partial?: string;
  steps: Step[];
}

export interface Accepted {
  reportId: string;
  runId: string;
  digest: string;
  size: number;
}

/** Where a request's own identity and trace come from. */
export interface RequestFacts {
  principal: Principal;
  idempotencyKey?: string | undefined;
  traceparent?: string | undefined;
}

/** What is known before the content is read: whose run it is and what its target. Throws when the request cannot be right. */
export async function prepareReport(
  gateway: Gateway,
  facts: ReportFacts,
  { principal }: RequestFacts,
): Promise<ReportFacts> {
  const { run } = principal;
  checkTaskSteps(facts.steps, run?.runId ?? facts.run ?? '');
  // A run's reports decide what becomes of its target's findings: not everybody who may hand in reports may add to it.
  if (!run && facts.run !== undefined) authorize(principal, 'run:request');
  if (run && facts.run !== undefined && facts.run !== run.runId)
    throw new InvalidInput(`the token is for run ${run.runId}, not for ${facts.run}; leave out "run"`, {
      code: 'report.run',
    });
  if (run && facts.target !== undefined && facts.target !== run.target)
    throw new InvalidInput(`run ${run.runId} scans ${run.target}; leave out "target", or give that one`, {
      code: 'report.target',
    });
  if (facts.target !== undefined) return run ? { ...facts, run: run.runId } : facts;
  if (!run)
    throw new InvalidInput('say what was scanned: add ?target=NAME, e.g. github.com/acme/shop', {
      code: 'report.target',
    });
  const known = await gateway.store.runs.get(run.runId);
  if (!known)
    throw new Transient(`run ${run.runId} is not known here yet; try again or add ?target=${run.target}`, {
      code: 'report.target',
    });
  return {
    ...facts,
    run: run.runId,
    target: run.target,
    kind: facts.kind ?? known.requested?.target?.kind ?? '',
    revision: facts.revision ?? known.revision,
    steps: facts.steps.length ? facts.steps : (known.requested?.steps ?? []),
  };
}

/** Publishes report.submitted for content that is stored. The same idempotency key twice is one report. */
export async function submitReport(
  gateway: Gateway,
  facts: ReportFacts,
  blob: BlobRef,
  from: RequestFacts,
): Promise<Accepted> {
  const id = await idOf(gateway, blob, from);
  const accepted = { reportId: id.value, runId: facts.run || id.value, digest: blob.digest, size: blob.size };
  if (id.isKnown) return accepted;
  const [tool, version] = (facts.tool ?? '').split('@', 2);
  const isPartial = facts.partial !== undefined && !['false', '0'].includes(facts.partial);
  const report = emit(reportSubmitted, {
    reportId: id.value,
    runId: facts.run ?? '',
    task: facts.task ?? '',
    format: facts.format,
    target: { name: facts.target ?? '', kind: facts.kind || 'repository' },
    revision: facts.revision ?? '',
    sourceRoot: facts.sourceRoot ?? '',
    scope: facts.scope ?? '',
    blob,
    steps: facts.steps,
    partial: isPartial,
    partialReason: isPartial && !['true', '1', ''].includes(facts.partial ?? '') ? (facts.partial ?? '') : '',
    submittedAt: gateway.now().toISOString(),
    tool: tool ? { name: tool.toLowerCase(), version: version ?? '' } : undefined,
  } as Partial<ReportSubmitted>);
  const trace = from.traceparent ? { traceparent: from.traceparent } : {};
  const ack = await gateway.publish(report, { id: id.value, ...trace });
  // Two requests with one key at once: neither knew of the other before the stream did.
  if (ack.isDuplicate && !from.principal.run) checkSame(await digestOf(gateway, ack), blob, from);
  return accepted;
}

async function digestOf(gateway: Gateway, { stream, sequence }: PublishResult): Promise<string> {
  const first = await gateway.bus.messageAt(stream, sequence);
  if (!first)
    throw new Transient('the first report with this Idempotency-Key is gone; try again later or use a new key', {
      code: 'report.gone',
    });
  return (await fromWire(first, reportSubmitted, gateway.blobs)).data.blob?.digest ?? '';
}

function checkSame(digest: string, blob: BlobRef, { principal }: RequestFacts): void {
  // A task that is run again after a crash has handed its report over already; the new one differs by its dates alone.
  if (digest === blob.digest || principal.run) return;
  throw new InvalidInput(`the Idempotency-Key belongs to another report (${digest}); use a new one for new content`, {
    code: 'report.conflict',
  });
}

// The stream forgets an id after its duplicate window; what was read of the report since is remembered in the store.
async function idOf(gateway: Gateway, blob: BlobRef, from: RequestFacts): Promise<{ value: string; isKnown: boolean }> {
  if (from.idempotencyKey === undefined) return { value: crypto.randomUUID(), isKnown: false };
  const value = keyedId(reportSubmitted.name, `${from.principal.name}\0${from.idempotencyKey}`);
  const known = await gateway.store.reports.get(value);
  if (known?.blob) checkSame(known.blob.digest, blob, from);
  return { value, isKnown: known !== undefined };
}

/** A step of the routing slip: "annotate:team=web,env=prod"; of a task of the run: "task/age:unit=days". */
export function parseStep(given: string): Step {
  const [, task, name = '', params = ''] = /^(task\/)?([a-z0-9_-]{1,63})(?::(.*))?$/s.exec(given) ?? [];
  const pairs =
    params === '' ? [] : params.split(',').map((pair) => /^([^=]{1,128})=(.{0,2048})$/s.exec(pair)?.slice(1, 3));
  if (name === '' || pairs.includes(undefined))
    throw new InvalidInput(
      `step "${given.slice(0, 80)}" must be NAME or NAME:KEY=VALUE,KEY=VALUE, e.g. annotate:team=web`,
      {
        code: 'report.step',
      },
    );
  return { name, params: Object.fromEntries(pairs as [string, string][]), outside: task !== undefined };
}

/** Outside a run there is no task that findings could wait for. */
export function checkTaskSteps(steps: readonly Step[], runId: string): void {
  const [step] = runId === '' ? steps.filter(({ outside }) => outside) : [];
  if (step)
    throw new InvalidInput(`the step "${step.name}" is a task's, and the report belongs to no run; leave it out`, {
      code: 'report.step',
    });
}

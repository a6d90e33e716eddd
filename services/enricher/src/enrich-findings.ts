// The routing slip: a batch's steps are done in order, ours in one pass; a step of somebody else's process gets the
// batch over the bus and sends it back. With no step left, the batch goes on, one severity an event.
import { hash } from 'node:crypto';
import {
  type Batch,
  type Enrichment,
  type Event,
  emitTotal,
  findingEnriched,
  findingEnriching,
  InvalidInput,
  identityBytes,
  type Outgoing,
  pick,
  Severity,
  type Step,
  token,
} from '@assay/contracts';
import type { Context } from '@assay/runtime';
import type { PrepareStep } from './prepared-steps.ts';
import type { AnyStep, Delta } from './step.ts';
import { steps as ourSteps } from './steps/by-name.ts';

export interface EnricherConfig {
  /** Names of steps that other processes serve. */
  readonly outsideSteps: readonly string[];
}

export interface EnricherResources {
  readonly prepareStep: PrepareStep;
}

export type EnricherContext = Context<EnricherConfig, EnricherResources>;

/** finding.reported: the batch as the producer made it, with all its steps to do. */
export async function* enrichReported(event: Event<Batch>, context: EnricherContext): AsyncIterable<Outgoing> {
  checkBatch(event.data);
  yield* followSlip(event.data, momentOf(event, context), context);
}

/** finding.returned: the batch back from a step outside, whose name is the subject's last token. */
export async function* enrichReturned(event: Event<Batch>, context: EnricherContext): AsyncIterable<Outgoing> {
  checkBatch(event.data);
  yield* followSlip(takeBack(event.data, event.subject.split('.').at(-1) ?? ''), momentOf(event, context), context);
}

/** The same for each delivery of an event, so that what depends on time comes out the same. */
function momentOf(event: Event, context: EnricherContext): Date {
  const time = new Date(event.time);
  return Number.isNaN(time.getTime()) ? context.now() : time;
}

async function* followSlip(batch: Batch, at: Date, context: EnricherContext): AsyncIterable<Outgoing> {
  checkSlip(batch, context.config.outsideSteps);
  const enrichments = [...batch.enrichments];
  const severities = Uint8Array.from(batch.severities);
  // What a step sees: the batch as the steps before it left it.
  const current = { ...batch, enrichments, severities };
  let done = 0;
  for (const each of batch.steps) {
    const { name, params } = each;
    const step = oursAs(each);
    if (!step) break;
    const { prepared } = await context.resources.prepareStep(step, params, context);
    const deltas = step.run(current, prepared, at).map((delta) => enrichment(name, delta));
    for (const delta of deltas) applySeverity(severities, delta);
    enrichments.push(...deltas);
    done++;
  }
  const enriched = { ...batch, severities, enrichments, steps: batch.steps.slice(done) };
  if (enriched.steps.length > 0) yield emitTotal(findingEnriching, enriched, naturalKey(enriched));
  else yield* bySeverity(enriched);
}

/** Worst first, so that what matters is on its way first. */
function* bySeverity(batch: Batch): Iterable<Outgoing> {
  const positions = new Map<number, number[]>();
  batch.severities.forEach((severity, position) => {
    const same = positions.get(severity);
    if (same) same.push(position);
    else positions.set(severity, [position]);
  });
  for (const [severity, some] of [...positions].sort(([a], [b]) => b - a)) {
    yield emitTotal(findingEnriched, pick(batch, some), `${naturalKey(batch)}/${severity}`);
  }
}

/**
 * The findings of a batch of a report, at a place in its slip. A step outside may answer twice (it sent its answer and
 * died before it acked) or in parts: the same findings get the same event id, other findings another one.
 */
function naturalKey({ reportId, index, steps, identities }: Batch): string {
  return `${reportId}/${index}/${steps.length}/${hash('sha256', identities, 'hex').slice(0, 32)}`;
}

/** What a step outside sent, as if it had kept to every rule: itself off the slip, its severities applied. */
function takeBack(batch: Batch, step: string): Batch {
  const [first, ...others] = batch.steps;
  const severities = Uint8Array.from(batch.severities);
  const enrichments = batch.enrichments.map((each) => (each.step === '' ? { ...each, step } : each));
  for (const each of enrichments) if (token(each.step) === step) applySeverity(severities, each);
  return { ...batch, steps: first && token(first.name) === step ? others : batch.steps, severities, enrichments };
}

/** A task of the run may have the name of a step of ours; it is meant all the same. */
function oursAs({ name, outside }: Step): AnyStep | undefined {
  return outside ? undefined : ourSteps.get(name);
}

function enrichment(step: string, delta: Delta): Enrichment {
  return { positions: [], annotations: {}, owners: [], severity: Severity.UNSPECIFIED, anyTool: false, ...delta, step };
}

function applySeverity(severities: Uint8Array, { severity, positions }: Enrichment): void {
  if (severity === Severity.UNSPECIFIED) return;
  if (positions.length === 0) severities.fill(severity);
  else for (const position of positions) severities[position] = severity;
}

/** Other systems publish batches too: what the stages behind us rely on is checked here, once. */
function checkBatch({ reportId, target, findings, identities, severities, enrichments }: Batch): void {
  const wrong = (what: string) =>
    new InvalidInput(`batch of report "${reportId}": ${what} (docs/steps.md says what a batch needs)`, {
      code: 'batch.invalid',
    });
  if (reportId === '') throw wrong('reportId is empty');
  if (!target?.name) throw wrong('target.name is empty');
  if (identities.length !== findings.length * identityBytes) {
    throw wrong(
      `${findings.length} findings need ${findings.length * identityBytes} bytes of identities, not ${identities.length}`,
    );
  }
  if (severities.length !== findings.length) {
    throw wrong(`${findings.length} findings need as many bytes of severities, not ${severities.length}`);
  }
  if (severities.some((severity) => severity > Severity.CRITICAL)) throw wrong('a severity is above 5 (critical)');
  for (const { step, positions, severity } of enrichments) {
    if (positions.some((position) => position >= findings.length)) {
      throw wrong(`an enrichment of "${step}" is about a position behind the last finding`);
    }
    if (severity > Severity.CRITICAL) throw wrong(`an enrichment of "${step}" has an unknown severity`);
  }
}

/** A step that nobody serves is found before any work is done; a batch that waited for it would wait for ever. */
function checkSlip({ steps }: Batch, outsideSteps: readonly string[]): void {
  const outside = new Set<string>();
  for (const step of steps) {
    const { name } = step;
    if (oursAs(step)) continue;
    if (step.outside && outsideSteps.includes(name)) {
      throw new InvalidInput(
        `both a task of the run and another process (ASSAY_ENRICHER_OUTSIDE_STEPS) are the step "${name}": rename the task`,
        { code: 'step.twice' },
      );
    }
    if (!step.outside && !outsideSteps.includes(name)) {
      throw new InvalidInput(
        `no one serves the step "${name}": take it off the run's steps, or serve it and add it to ASSAY_ENRICHER_OUTSIDE_STEPS. Steps here: ${[...ourSteps.keys(), ...outsideSteps].join(', ')}.`,
        { code: 'step.unknown' },
      );
    }
    if (outside.has(name)) {
      throw new InvalidInput(`the step "${name}" is outside the enricher and may stand only once in a run's steps`, {
        code: 'step.twice',
      });
    }
    outside.add(name);
  }
}

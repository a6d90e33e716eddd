// A run's findings for one of its tasks, from the bus: those that wait for its step, or those that passed every step.
// They are handed on as they come, batch by batch and still encoded; the last word is whether they are all of them.
import type { StoredMessage } from '@assay/bus';
import {
  batchType,
  type Draft,
  explain,
  filterOf,
  findingEnriched,
  findingEnriching,
  findingReturned,
  InvalidInput,
  partitionOf,
  type RunFindings,
  reportParsed,
  reportSubmitted,
} from '@assay/contracts';
import { decodeValue, fromWire } from '@assay/runtime';
import type { Gateway } from '../gateway.ts';
import { ReportTally } from './report-tally.ts';
import { returnedId } from './return-findings.ts';

/** Most reports of one run. */
const maxReports = 1000;

export interface WantedFindings {
  runId: string;
  /** Whose findings they are. */
  target: string;
  /** Nothing of the run is older. */
  since: 'all' | Date;
  /** The step that they wait for; undefined: those that passed every step. */
  step?: string | undefined;
  /** Empty: every report that the run has handed over until now. */
  reports: readonly string[];
  /** How long what is missing is waited for. Milliseconds. */
  waitMs: number;
}

type Piece = Draft<RunFindings>;

/** Ends with an `end`, unless the signal is aborted. */
export async function* gatherFindings(
  gateway: Gateway,
  wanted: WantedFindings,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const { step } = wanted;
  const reports = wanted.reports.length > 0 ? new Set(wanted.reports) : await handedOver(gateway, wanted, signal);
  const tally = new ReportTally(reports, step);
  /** Sequence of each batch by the id that its return will have. */
  const sent = new Map<string, number>();
  let oldest: Date | undefined;
  for await (const { message, batch } of batchesOf(gateway, wanted, tally, signal)) {
    oldest ??= message.storedAt;
    if (step !== undefined) sent.set(returnedId(wanted.runId, step, message), message.sequence);
    yield { sequence: message.sequence, batch };
  }
  if (signal.aborted) return;
  const returned = step === undefined || !oldest ? [] : await alreadyBack(gateway, step, sent, oldest, signal);
  yield { end: { reports: tally.parsed, returned, missing: tally.missing() } };
}

// A task that comes after others may rely on this: a report is in the stream before its task has ended.
async function handedOver(gateway: Gateway, wanted: WantedFindings, signal: AbortSignal): Promise<Set<string>> {
  const reports = new Set<string>();
  const options = { start: wanted.since, signal };
  for await (const message of gateway.bus.replay(filterOf(reportSubmitted), options)) {
    try {
      const { id, data } = await fromWire(message, reportSubmitted, gateway.blobs);
      if ((data.runId || data.reportId || id) === wanted.runId) reports.add(data.reportId || id);
    } catch (error) {
      // It is in the dead letters, as nobody's report.
      gateway.log.debug({ err: explain(error), sequence: message.sequence }, 'a submitted report could not be read');
    }
    if (reports.size > maxReports)
      throw new InvalidInput(`run ${wanted.runId} has more than ${maxReports} reports; name those you want`, {
        code: 'run-findings.reports',
      });
  }
  return reports;
}

interface Found {
  message: StoredMessage;
  /** Encoded. */
  batch: Uint8Array;
}

/** Batches of the reports, each once, until all have come, the time is over or the signal is aborted. */
async function* batchesOf(
  gateway: Gateway,
  { runId, target, step, since, waitMs }: WantedFindings,
  tally: ReportTally,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  if (tally.isSettled) return;
  const partition = partitionOf(target);
  const topic = step === undefined ? findingEnriched : findingEnriching;
  const fixed = step === undefined ? { partition } : { step };
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal, AbortSignal.timeout(waitMs)]);
  const filters = [filterOf(reportParsed, { partition }), filterOf(topic, fixed)];
  try {
    for await (const message of gateway.bus.tail(filters, { start: since, signal: over })) {
      // Both topics are about a report, so that what is of others is known without reading it.
      if (!tally.knows(decodeValue(message.headers['ce-subject'] ?? ''))) continue;
      if (message.subject.startsWith(`assay.${reportParsed.name}.`)) {
        const { data } = await fromWire(message, reportParsed, gateway.blobs);
        if (data.runId === runId) tally.noteParsed(data);
      } else {
        const { data } = await fromWire(message, topic, gateway.blobs);
        if (data.runId === runId && tally.count(data)) yield { message, batch: batchType.encode(data) };
      }
      if (tally.isSettled) return;
    }
  } finally {
    ending.abort();
  }
}

/** Batches that the step returned before: its task is run again after it was killed. */
async function alreadyBack(
  gateway: Gateway,
  step: string,
  sent: ReadonlyMap<string, number>,
  start: Date,
  signal: AbortSignal,
): Promise<number[]> {
  const returned = new Set<number>();
  for await (const { headers } of gateway.bus.replay(filterOf(findingReturned, { step }), { start, signal })) {
    const sequence = sent.get(decodeValue(headers['ce-id'] ?? ''));
    if (sequence !== undefined) returned.add(sequence);
  }
  return [...returned];
}

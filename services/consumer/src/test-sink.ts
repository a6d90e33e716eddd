// Tries a sink for somebody who asked: one sample, marked as such, through the sink's own settings and credentials.
import {
  DeliveryOutcome,
  type DeliveryRequested,
  deliveryTested,
  type Event,
  emit,
  findingChanged,
  type Outgoing,
  type SinkSpec,
} from '@assay/contracts';
import type { Context } from '@assay/runtime';
import { holdsFindings } from './read-items.ts';
import type { SinkItem } from './sink.ts';
import type { Supervisor } from './supervise-sinks.ts';
import type { Tested } from './try-sink.ts';

/** Longest wait for the other side; below what the gateway waits for the answer. Milliseconds. */
const timeoutMs = 20_000;
/** Nobody waits any longer for what a consumer that was away finds in the stream. Milliseconds. */
const maxAgeMs = 5 * 60_000;

export async function* testSink(
  { time, data }: Event<DeliveryRequested>,
  { resources, now }: Context<unknown, Supervisor>,
): AsyncIterable<Outgoing> {
  const { sink, testId, dryRun, fixed } = data;
  const start = now();
  const isLate = start.getTime() - Date.parse(time) > maxAgeMs;
  const sample = (spec: SinkSpec) => sampleFor(spec, { testId, isFixed: fixed, at: start });
  const options = { id: `test-${testId}`.slice(0, 64), isDry: dryRun, timeoutMs };
  const tested = isLate ? late : ((await resources.test(sink, sample, options)) ?? missing(sink));
  const tookMs = Math.max(0, now().getTime() - start.getTime());
  yield emit(deliveryTested, { sink, testId, ...tested, tookMs }, `${sink}\0${testId}`);
}

const late: Tested = {
  outcome: DeliveryOutcome.REFUSED,
  reason: 'the consumer heard of it too late, or its clock and the gateway’s differ by minutes; ask again',
  preview: '',
};

function missing(sink: string): Tested {
  const reason = `there is no sink ${sink}, or its declaration is wrong; \`assay sink ls\` lists what is declared`;
  return { outcome: DeliveryOutcome.REFUSED, reason, preview: '' };
}

export interface SampleOptions {
  testId: string;
  isFixed: boolean;
  at: Date;
}

/** Always the same finding, so that samples do not pile up on the other side; or an event for sinks of other events. */
export function sampleFor({ name, subject }: SinkSpec, { testId, isFixed, at }: SampleOptions): SinkItem {
  const time = at.toISOString();
  const order = `${time}/${'0'.repeat(16)}`;
  const id = `test-${testId}`;
  if (!holdsFindings(subject)) {
    const type = 'dev.assay.sink.sample.v1';
    const event = { id, type, subject: `assay.sink.sample.${name}`, time, order };
    return { id, event, position: 0, data: { sample: true, sink: name, note } };
  }
  const transition = isFixed ? 'fixed' : 'opened';
  const finding = {
    id: '0'.repeat(32),
    target: 'assay-sample',
    tool: 'assay',
    rule: 'sample',
    title: `Sample of “assay sink test ${name}”: nothing is wrong`,
    description: note,
    severity: 'info',
    path: 'sample/sample.txt',
    startLine: 1,
    properties: { sample: 'true' },
    transition,
  };
  const event = {
    id,
    type: findingChanged.type,
    subject: `assay.finding.changed.${transition}.info.assay`,
    time,
    order,
  };
  return { id: `${id}:${finding.id}`, event, position: 0, finding };
}

const note = 'Somebody tried whether this sink works. It is no finding, and can be deleted.';

// What becomes of a sample for a sink: asked of the consumer in an event, and answered in one.
import {
  DeliveryOutcome,
  type DeliveryTested,
  deliveryRequested,
  deliveryTested,
  emit,
  Transient,
} from '@assay/contracts';
import { fromWire } from '@assay/runtime';
import type { Gateway } from './gateway.ts';

export interface SampleRequest {
  sink: string;
  dryRun: boolean;
  fixed: boolean;
}

export interface SampleResult {
  sink: string;
  outcome: 'delivered' | 'refused' | 'failed' | 'dry';
  reason?: string;
  preview?: string;
  tookMs: number;
}

/** How far the clocks of gateway and bus may differ. Milliseconds. */
const clockSkewMs = 60_000;

const outcomes = new Map<DeliveryOutcome, SampleResult['outcome']>([
  [DeliveryOutcome.DELIVERED, 'delivered'],
  [DeliveryOutcome.REFUSED, 'refused'],
  [DeliveryOutcome.DRY, 'dry'],
]);

/** Throws Transient "sink.untested" when no consumer answers in time. */
export async function awaitTest(gateway: Gateway, { sink, dryRun, fixed }: SampleRequest): Promise<SampleResult> {
  const testId = crypto.randomUUID();
  const start = new Date(gateway.now().getTime() - clockSkewMs);
  await gateway.publish(emit(deliveryRequested, { sink, testId, dryRun, fixed }), { id: testId });
  const timedOut = AbortSignal.timeout(gateway.config.sinkTestMs);
  const tested = await answerTo(gateway, sink, testId, start, AbortSignal.any([timedOut, gateway.signal]));
  if (!tested)
    throw new Transient(`nobody tested sink ${sink} in ${gateway.config.sinkTestMs / 1000} s: does the consumer run?`, {
      code: 'sink.untested',
    });
  const { outcome, reason, preview, tookMs } = tested;
  return {
    sink,
    outcome: outcomes.get(outcome) ?? 'failed',
    ...(reason ? { reason } : {}),
    ...(preview ? { preview } : {}),
    tookMs,
  };
}

async function answerTo(
  gateway: Gateway,
  sink: string,
  testId: string,
  start: Date,
  signal: AbortSignal,
): Promise<DeliveryTested | undefined> {
  const subject = `assay.${deliveryTested.name}.${sink}`;
  for await (const message of gateway.bus.tail([subject], { start, signal })) {
    const { data } = await fromWire(message, deliveryTested, gateway.blobs);
    if (data.testId === testId) return data;
  }
  return undefined;
}

// Gauges that are read when somebody asks for /metrics: how far durables are behind, and whether a service is ready.
import type { Bus } from '@assay/bus';
import type { Attributes, BatchObservableCallback } from '@opentelemetry/api';
import { meter } from './telemetry.ts';

export interface ObservedDurable {
  stream: string;
  /** The durable's name on the bus. */
  name: string;
  labels: Attributes;
}

/** `durables` is asked each time, for who has other ones later. Returns what ends it. */
export function observeDurables(
  bus: Pick<Bus, 'consumerState'>,
  durables: () => readonly ObservedDurable[],
): () => void {
  const lag = meter().createObservableGauge('assay_consumer_lag', {
    description: 'Events a durable has not been given yet; every replica tells the same',
  });
  const unacked = meter().createObservableGauge('assay_consumer_unacked', {
    description: 'Events given and not acked',
  });
  return observeAll([lag, unacked], async (result) => {
    await Promise.all(
      durables().map(async ({ stream, name, labels }) => {
        // A number that cannot be had is left out: what is the matter is what readiness says.
        const state = await bus.consumerState(stream, name).catch(() => undefined);
        if (!state) return;
        result.observe(lag, state.pending, labels);
        result.observe(unacked, state.unacked, labels);
      }),
    );
  });
}

/** Returns what ends it. */
export function observeReadiness(service: string, isReady: () => Promise<boolean>): () => void {
  const ready = meter().createObservableGauge('assay_service_ready', {
    description: '1 when /readyz says yes, else 0',
  });
  return observeAll([ready], async (result) => result.observe(ready, (await isReady()) ? 1 : 0, { service }));
}

/** A number that belongs to no event; an error leaves it out. Returns what ends it. */
export function observeGauge(name: string, description: string, read: () => Promise<number>): () => void {
  const gauge = meter().createObservableGauge(name, { description });
  return observeAll([gauge], async (result) => {
    const value = await read().catch(() => undefined);
    if (value !== undefined) result.observe(gauge, value);
  });
}

function observeAll(
  gauges: Parameters<ReturnType<typeof meter>['addBatchObservableCallback']>[1],
  callback: BatchObservableCallback,
): () => void {
  const from = meter();
  from.addBatchObservableCallback(callback, gauges);
  return () => from.removeBatchObservableCallback(callback, gauges);
}

// Who declares a sink that cannot work shall hear of it at once. What is wrong with it only the consumer knows: it says so
// in an event within milliseconds, and says nothing when the sink works; the answer waits for that event a moment.
import { setTimeout } from 'node:timers/promises';
import { DeliveryOutcome, deliveryFinished, explain, InvalidInput } from '@assay/contracts';
import { fromWire } from '@assay/runtime';
import { prefersNoWait } from './await-reading.ts';
import type { Gateway } from './gateway.ts';

export interface Declared {
  name: string;
  /** When the declaration was about to be written: what was refused before it is another one. */
  since: Date;
  /** The header "Prefer". */
  prefer: string | string[] | undefined;
}

/** Returns when the wait is over. Throws InvalidInput "sink.refused" when the consumer says that the sink cannot run. */
export async function awaitServing(gateway: Gateway, { name, since, prefer }: Declared): Promise<void> {
  if (gateway.config.sinkWaitMs === 0 || prefersNoWait(prefer)) return;
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, gateway.signal]);
  setTimeout(gateway.config.sinkWaitMs, undefined, { signal }).then(
    () => ending.abort(),
    () => {},
  );
  const reason = await refusalOf(gateway, name, since, signal)
    // The declaration is stored; that nobody can tell more of it is no reason to refuse it.
    .catch((error: unknown) => gateway.log.warn({ sink: name, err: explain(error) }, 'a sink could not be waited for'))
    .finally(() => ending.abort());
  if (!reason) return;
  throw new InvalidInput(
    `${reason} (sink ${name} is stored but not served: declare it anew, or remove it by DELETE /api/v1/sinks/${name})`,
    { code: 'sink.refused' },
  );
}

async function refusalOf(
  gateway: Gateway,
  name: string,
  start: Date,
  signal: AbortSignal,
): Promise<string | undefined> {
  const subject = `assay.${deliveryFinished.noun}.finished.${name}`;
  for await (const message of gateway.bus.tail([subject], { start, signal })) {
    const { data } = await fromWire(message, deliveryFinished, gateway.blobs);
    // One with events is about them; the sink itself runs.
    if (data.outcome === DeliveryOutcome.REFUSED && data.events === 0) return data.reason;
  }
  return undefined;
}

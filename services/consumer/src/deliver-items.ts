// Gives items to a sink until it has taken or refused each: again after a transient failure for as long as it takes,
// one event at a time when a batch of several is refused, so that one bad event takes no good one with it.
import { hash } from 'node:crypto';
import { InvalidInput, Transient } from '@assay/contracts';
import type { Sink, SinkItem } from './sink.ts';

/** Tries of an error that is neither Transient nor InvalidInput: it may be a mistake of ours, or not. */
const maxFaultAttempts = 8;

/** The service stops: what was not delivered goes back to the stream. */
export class Stopped extends Error {}

export interface Delivering {
  readonly sink: Sink;
  /** Most items a call. */
  readonly size: number;
  /** Aborted when the sink shall not be waited for any longer. */
  readonly killed: AbortSignal;
  /** Waits until the sink may be called; throws Stopped when it will not be. */
  ready(): Promise<void>;
  /** Waits before the next try; throws Stopped when there is none. */
  retryLater(attempt: number, error: unknown): Promise<void>;
}

export interface Delivered {
  /** Calls of the sink. */
  attempts: number;
  /** By the id of the event: why it will never be taken. */
  refused: Map<string, unknown>;
}

export async function deliverItems(items: readonly SinkItem[], delivering: Delivering): Promise<Delivered> {
  const delivered: Delivered = { attempts: 0, refused: new Map() };
  for (const part of partsOf(items, delivering.size)) {
    const chunk = part.filter(({ event }) => !delivered.refused.has(event.id));
    if (chunk.length > 0) await deliverChunk(chunk, delivering, delivered);
  }
  return delivered;
}

/**
 * Cut between events; an event of more items than `size` is cut by itself, from its first. So the parts of an event are
 * the same however it comes again, and a sink can name what it makes of them.
 */
function* partsOf(items: readonly SinkItem[], size: number): Iterable<SinkItem[]> {
  let part: SinkItem[] = [];
  for (const own of byEvent(items)) {
    if (part.length > 0 && part.length + own.length > size) {
      yield part;
      part = [];
    }
    let start = 0;
    for (; own.length - start > size; start += size) yield own.slice(start, start + size);
    for (; start < own.length; start++) part.push(own[start] as SinkItem);
  }
  if (part.length > 0) yield part;
}

/** Items of an event stand together. One that was published twice is two here. */
function* byEvent(items: readonly SinkItem[]): Iterable<readonly SinkItem[]> {
  let start = 0;
  for (let at = 1; at <= items.length; at++) {
    const [first, next] = [items[start]?.event, items[at]?.event];
    if (first === next || (first?.id === next?.id && first?.order === next?.order)) continue;
    yield items.slice(start, at);
    start = at;
  }
}

async function deliverChunk(items: readonly SinkItem[], delivering: Delivering, delivered: Delivered): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await delivering.ready();
    delivered.attempts++;
    try {
      await delivering.sink.deliver(items, {
        // Few sinks ask for it, and it takes a hash of every item.
        get id() {
          return deliveryId(items);
        },
        attempt,
        signal: delivering.killed,
      });
      return;
    } catch (error) {
      if (isForGood(error, attempt)) return refuse(items, error, delivering, delivered);
      await delivering.retryLater(attempt, error);
    }
  }
}

async function refuse(
  items: readonly SinkItem[],
  error: unknown,
  delivering: Delivering,
  delivered: Delivered,
): Promise<void> {
  const events = [...Map.groupBy(items, (item) => item.event.id)];
  if (events.length === 1) {
    for (const [event] of events) delivered.refused.set(event, error);
    return;
  }
  for (const [, own] of events) await deliverChunk(own, delivering, delivered);
}

/** Whether trying again is of no use; `attempt` is 1 for the first. */
export function isForGood(error: unknown, attempt: number): boolean {
  if (error instanceof InvalidInput) return true;
  return !(error instanceof Transient) && attempt >= maxFaultAttempts;
}

/** The same items, the same id: the other side can tell a repetition. */
export function deliveryId(items: readonly SinkItem[]): string {
  return hash('sha256', items.map((item) => item.id).join('\0')).slice(0, 32);
}

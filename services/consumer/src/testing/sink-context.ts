// What specs of sinks open them with, and deliver to them.
import { PassThrough } from 'node:stream';
import { type FindingRecord, InvalidInput, Transient } from '@assay/contracts';
import type { DeliveryInfo, Log, SinkContext, SinkItem } from '../sink.ts';

export interface TestContext extends SinkContext {
  /** What the sink logged: the message, or what stood before it. */
  readonly logged: unknown[];
}

export function testContext(given: Partial<SinkContext> = {}): TestContext {
  const logged: unknown[] = [];
  const say = (...said: unknown[]) => void logged.push(said.length === 1 ? said[0] : said);
  return {
    name: 'spec',
    generation: 1,
    hasFindings: true,
    templates: {},
    log: { debug: say, info: say, warn: say, error: say } as unknown as Log,
    filesRoot: '/nowhere',
    stdout: new PassThrough(),
    allowsPrivateAddresses: true,
    now: () => new Date('2026-01-31T12:00:00.000Z'),
    ...given,
    logged,
  };
}

export const firstTry: DeliveryInfo = { id: 'd1', attempt: 1, signal: new AbortController().signal };

/** The finding `rule` of the event `order`, which came at that second of a day. */
export function findingItem(order: number, rule: string, change: Partial<FindingRecord> = {}, position = 0): SinkItem {
  const time = new Date(Date.UTC(2026, 0, 31, 0, 0, order)).toISOString();
  const stored = `${time}/${String(order).padStart(16, '0')}`;
  const finding: FindingRecord = {
    id: rule,
    target: 'shop',
    tool: 'gosec',
    rule,
    title: `About ${rule}`,
    severity: 'high',
    transition: 'opened',
    ...change,
  };
  const subject = `assay.finding.changed.${finding.transition}.${finding.severity}.${finding.tool}`;
  return {
    id: `e${order}:${rule}`,
    event: { id: `e${order}`, type: 'dev.assay.finding.changed.v1', subject, time, order: stored },
    position,
    finding,
  };
}

/** The error of ours that some work ends in. */
export async function errorOf(work: Promise<unknown>): Promise<InvalidInput | Transient> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InvalidInput || error instanceof Transient) return error;
  throw new Error(`expected an error of ours, not ${error}`);
}

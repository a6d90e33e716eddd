import type { ConsumerSpec, Delivery, Subscription } from '@assay/bus';
import { DeliveryOutcome, InvalidInput, Transient } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { compileFilter, type Filter, passAll } from './compile-filter.ts';
import type { Pace } from './rate-limit.ts';
import { type Outcome, runSink, type SinkRun } from './run-sink.ts';
import type { DeliveryInfo, Log, SinkItem } from './sink.ts';

const consumer: ConsumerSpec = {
  stream: 'assay-finding',
  name: 'sink-x',
  filter: 'assay.finding.>',
  ackWaitMs: 30_000,
};

/** A durable that hands over what a spec puts in, in order, and notes how each was settled. */
class Durable {
  readonly settled: string[] = [];
  /** Given back while the subscription would still take it. */
  givenBackTooSoon = 0;
  #isDrained = false;
  #handle: (delivery: Delivery) => Promise<void> = async () => {};
  #lose: (error: Error) => void = () => {};
  readonly bus = {
    subscribe: async (_: ConsumerSpec, handle: (delivery: Delivery) => Promise<void>): Promise<Subscription> => {
      this.#handle = handle;
      const closed = new Promise<void>((_, reject) => {
        this.#lose = reject;
      });
      return {
        closed,
        drain: async () => {
          this.#isDrained = true;
        },
      };
    },
  };

  send(sequence: number, attempt = 1): Promise<void> {
    return this.#handle({
      subject: 'assay.finding.changed.opened.high.gosec',
      headers: {},
      payload: new Uint8Array(),
      stream: consumer.stream,
      sequence,
      storedAt: new Date(0),
      attempt,
      ack: async () => void this.settled.push(`ack ${sequence}`),
      retry: (delayMs) => {
        if (!this.#isDrained) this.givenBackTooSoon++;
        this.settled.push(`retry ${sequence} ${delayMs}`);
      },
      stop: () => void this.settled.push(`stop ${sequence}`),
      working: () => {},
    });
  }

  end(error: Error): void {
    this.#lose(error);
  }
}

const silent = { info() {}, warn() {}, error() {} } as unknown as Log;

function itemsOf(sequence: number, count: number): SinkItem[] {
  const event = { id: `e${sequence}`, type: 't', subject: 's', time: 'now', order: String(sequence) };
  return Array.from({ length: count }, (_, position) => ({
    id: `e${sequence}:f${position}`,
    event,
    position,
    finding: {
      id: `f${position}`,
      target: 't',
      tool: 'x',
      rule: 'r',
      title: 't',
      severity: position % 2 ? 'low' : 'high',
    },
  }));
}

interface Trial {
  deliver?: (ids: string[], info: DeliveryInfo) => void | Promise<void>;
  filter?: Filter;
  size?: number;
  waitMs?: number;
  pace?: Pace;
  perEvent?: number;
  readItems?: (sequence: number) => SinkItem[];
  report?: (outcome: Outcome) => void;
  pause?: () => Promise<void>;
}

async function start(trial: Trial = {}) {
  const durable = new Durable();
  const calls: string[][] = [];
  const pauses: number[] = [];
  const buried: string[] = [];
  const outcomes: Outcome[] = [];
  const run: SinkRun = await runSink({
    bus: durable.bus,
    consumer,
    filter: trial.filter ?? passAll,
    size: trial.size ?? 100,
    waitMs: trial.waitMs ?? 0,
    ...(trial.pace ? { pace: trial.pace } : {}),
    log: silent,
    sink: {
      deliver: async (items, info) => {
        const ids = items.map(({ id }) => id);
        calls.push(ids);
        await trial.deliver?.(ids, info);
      },
      close: async () => {},
    },
    readItems: async ({ sequence }) => trial.readItems?.(sequence) ?? itemsOf(sequence, trial.perEvent ?? 1),
    bury: async ({ sequence }, error) => void buried.push(`${sequence} ${(error as Error).message}`),
    report: async (outcome) => {
      trial.report?.(outcome);
      outcomes.push(outcome);
    },
    describe: (error) => (error as Error).message,
    random: () => 1,
    pause: async (ms) => {
      pauses.push(ms);
      await trial.pause?.();
    },
  });
  return { durable, calls, pauses, buried, outcomes, run };
}

const down = () => new Transient('down', { code: 'test' });
const never = () => new InvalidInput('never', { code: 'test' });

describe('runSink', () => {
  it('acks in order, after the sink has it and after it was told', async () => {
    const order: string[] = [];
    const { durable, outcomes, run } = await start({
      deliver: (ids) => void order.push(`delivered ${ids}`),
      report: () => void order.push('told'),
    });
    const settled = durable.settled;
    await durable.send(1).then(() => order.push('settled'));
    await Promise.all([durable.send(2), durable.send(3)]);
    expect(order.slice(0, 3)).toEqual(['delivered e1:f0', 'told', 'settled']);
    expect(settled).toEqual(['ack 1', 'ack 2', 'ack 3']);
    expect(outcomes[0]).toMatchObject({ outcome: DeliveryOutcome.DELIVERED, findings: 1, attempts: 1, reason: '' });
    await run.stop();
  });

  it('batches what waits while a delivery is under way', async () => {
    let release = () => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { durable, calls, run } = await start({ deliver: () => first });
    const sent = [1, 2, 3, 4].map((sequence) => durable.send(sequence));
    await Promise.resolve().then(release);
    await Promise.all(sent);
    expect(calls.flat()).toEqual(['e1:f0', 'e2:f0', 'e3:f0', 'e4:f0']);
    expect(calls.length).toBeLessThan(4);
    await run.stop();
  });

  it('gives a sink at most as many items as it wants, also of one event', async () => {
    const { durable, calls, outcomes, run } = await start({ size: 2, perEvent: 5 });
    await durable.send(1);
    expect(calls.map((ids) => ids.length)).toEqual([2, 2, 1]);
    expect(durable.settled).toEqual(['ack 1']);
    expect(outcomes).toMatchObject([{ findings: 5, attempts: 3 }]);
    await run.stop();
  });

  it('tries again for as long as it takes, later each time, with the same id, and holds the order', async () => {
    const ids: string[] = [];
    const { durable, calls, pauses, outcomes, run } = await start({
      deliver: (_, info) => {
        ids.push(info.id);
        if (info.attempt < 20 && ids.length < 20) throw down();
      },
    });
    await Promise.all([durable.send(1), durable.send(2)]);
    expect(pauses).toHaveLength(19);
    expect(pauses.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(pauses.at(-1)).toBe(60_000);
    expect(new Set(ids.slice(0, 20)).size).toBe(1);
    expect([...new Set(calls.flat())]).toEqual(['e1:f0', 'e2:f0']);
    expect(durable.settled).toEqual(['ack 1', 'ack 2']);
    expect(outcomes[0]).toMatchObject({ attempts: 20 });
    await run.stop();
  });

  it('is called no more often than its pace lets it, tries again included', async () => {
    const order: string[] = [];
    let tries = 0;
    const { durable, run } = await start({
      pace: { wait: async () => void order.push('waited') },
      deliver: (ids) => {
        order.push(`called with ${ids}`);
        if (tries++ === 0) throw down();
      },
    });
    await durable.send(1);
    await durable.send(2);
    expect(order).toEqual([
      'waited',
      'called with e1:f0',
      'waited',
      'called with e1:f0',
      'waited',
      'called with e2:f0',
    ]);
    await run.stop();
  });

  it('gives back what waits for its turn when it stops', async () => {
    const { durable, calls, run } = await start({
      pace: {
        wait: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
      },
    });
    const sent = durable.send(1);
    await new Promise((resolve) => setImmediate(resolve));
    await run.stop();
    await sent;
    expect(calls).toEqual([]);
    expect(durable.settled).toEqual(['retry 1 0']);
    expect(durable.givenBackTooSoon).toBe(0);
  });

  it('ends, and gives back what it holds, when its credentials are not taken', async () => {
    const { durable, buried, run } = await start({
      deliver: () => {
        throw new Transient('who are you?', { code: 'sink.credential-refused' });
      },
    });
    const sent = durable.send(1);
    await expect(run.ended).rejects.toThrow('who are you?');
    await sent;
    expect(durable.settled).toEqual(['retry 1 0']);
    expect(durable.givenBackTooSoon).toBe(0);
    expect(buried).toEqual([]);
    await run.stop();
  });

  it('waits as long as the other side asks', async () => {
    let tries = 0;
    const { durable, pauses, run } = await start({
      deliver: () => {
        if (tries++ === 0) throw new Transient('busy', { code: 'test', retryAfterMs: 120_000 });
      },
    });
    await durable.send(1);
    expect(pauses).toEqual([120_000]);
    await run.stop();
  });

  it('buries only the event that is refused, not those that came with it', async () => {
    const { durable, buried, outcomes, run } = await start({
      waitMs: 1000,
      size: 3,
      deliver: (ids) => {
        if (ids.includes('e2:f0')) throw never();
      },
    });
    await Promise.all([durable.send(1), durable.send(2), durable.send(3)]);
    expect(buried).toEqual(['2 never']);
    expect(durable.settled).toEqual(['ack 1', 'ack 2', 'ack 3']);
    expect(
      outcomes.map(({ outcome, events, reason }) => [outcome, events.map(({ sequence }) => sequence), reason]),
    ).toEqual([
      [DeliveryOutcome.REFUSED, [2], 'never'],
      [DeliveryOutcome.DELIVERED, [1, 3], ''],
    ]);
    await run.stop();
  });

  it('buries an event after a few tries when the sink has a bug', async () => {
    const { durable, calls, buried, run } = await start({
      deliver: () => {
        throw new TypeError('x is not a function');
      },
    });
    await durable.send(1);
    expect(calls).toHaveLength(8);
    expect(buried).toEqual(['1 x is not a function']);
    await run.stop();
  });

  it('buries an event that cannot be read, and one on which the filter fails', async () => {
    const { durable, calls, buried, run } = await start({
      filter: compileFilter('finding.path == "a"', 'findings'),
      readItems: (sequence) => {
        if (sequence === 1) throw new InvalidInput('no FindingBatch', { code: 'event.payload' });
        return itemsOf(sequence, 1).map((item) =>
          sequence === 3 && item.finding ? { ...item, finding: { ...item.finding, path: 'a' } } : item,
        );
      },
    });
    await Promise.all([durable.send(1), durable.send(2), durable.send(3)]);
    expect(buried).toEqual(['1 no FindingBatch', expect.stringContaining('2 the filter fails on e2:f0')]);
    expect(calls).toEqual([['e3:f0']]);
    expect(durable.settled).toEqual(['ack 1', 'ack 2', 'ack 3']);
    await run.stop();
  });

  it('waits for what an event needs to be read', async () => {
    let tries = 0;
    const { durable, calls, run } = await start({
      readItems: (sequence) => {
        if (tries++ < 2) throw down();
        return itemsOf(sequence, 1);
      },
    });
    await durable.send(1);
    expect(calls).toEqual([['e1:f0']]);
    await run.stop();
  });

  it('counts what the filter leaves out, and says so with the next delivery', async () => {
    const { durable, calls, outcomes, run } = await start({
      perEvent: 3,
      filter: compileFilter('finding.severity == "low" && event.subject == "s"', 'findings'),
      readItems: (sequence) => itemsOf(sequence, sequence === 1 ? 1 : 3),
    });
    await durable.send(1);
    await durable.send(2);
    expect(calls).toEqual([['e2:f1']]);
    expect(outcomes).toMatchObject([{ findings: 1, filtered: 3 }]);
    expect(durable.settled).toEqual(['ack 1', 'ack 2']);
    await run.stop();
  });

  it('tells of a delivery again until somebody hears it, without delivering again', async () => {
    let tries = 0;
    const { durable, calls, outcomes, run } = await start({
      report: () => {
        if (tries++ < 3) throw down();
      },
    });
    await durable.send(1);
    expect(calls).toHaveLength(1);
    expect(outcomes).toHaveLength(1);
    await run.stop();
  });

  it('delivers once what the server sends again', async () => {
    const { durable, calls, run } = await start();
    const first = durable.send(1);
    await Promise.all([first, durable.send(1, 2)]);
    await durable.send(1, 3);
    expect(calls).toEqual([['e1:f0']]);
    expect(durable.settled).toEqual(['ack 1', 'ack 1']);
    await run.stop();
  });

  it('gives back what is not delivered when it stops', async () => {
    let began = () => {};
    const trying = new Promise<void>((resolve) => {
      began = resolve;
    });
    const { durable, run } = await start({
      deliver: () => {
        throw down();
      },
      pause: async () => {
        began();
        await stopped;
      },
    });
    let isStopped = () => {};
    const stopped = new Promise<void>((resolve) => {
      isStopped = resolve;
    });
    const sent = [durable.send(1), durable.send(2)];
    await trying;
    const stopping = run.stop();
    isStopped();
    await Promise.all([stopping, ...sent]);
    expect(durable.settled.sort()).toEqual(['retry 1 0', 'retry 2 0']);
  });

  it('finishes a delivery that has begun when it stops', async () => {
    let release = () => {};
    let began = () => {};
    const delivering = new Promise<void>((resolve) => {
      began = resolve;
    });
    const { durable, run } = await start({
      deliver: () => {
        began();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    });
    const sent = durable.send(1);
    await delivering;
    const stopping = run.stop();
    release();
    await Promise.all([stopping, sent]);
    expect(durable.settled).toEqual(['ack 1']);
  });

  it('ends with the error of its subscription, and gives back what it holds', async () => {
    const { durable, run } = await start({
      deliver: () => {
        durable.end(new Error('consumer deleted'));
        throw down();
      },
      pause: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const sent = durable.send(1);
    await expect(run.ended).rejects.toThrow('consumer deleted');
    await sent;
    expect(durable.settled).toEqual(['retry 1 0']);
  });
});

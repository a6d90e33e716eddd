// Starts one service: its durables, its handlers, its leases and schedules; and stops it without losing anything.
import type { BlobStore } from '@assay/blobs';
import type { Bus, PublishResult, Subscription } from '@assay/bus';
import { explain, Fault, type Outgoing } from '@assay/contracts';
import type { Logger } from 'pino';
import type { SharedConfig } from './config.ts';
import type { AnyService, Context, Host, ScheduleSpec, ServiceDefinition } from './define-service.ts';
import { type Durable, durablesOf } from './durables.ts';
import { handleDelivery, Publisher, type Stage } from './handle-event.ts';
import { Leases, leaseBucket } from './leases.ts';
import { type ObservedDurable, observeDurables, observeReadiness } from './observe.ts';
import { inSpan, instruments } from './telemetry.ts';

export interface ServiceOptions<Config = unknown> {
  shared: SharedConfig;
  config: Config;
  bus: Bus;
  blobs: BlobStore;
  log: Logger;
  now?: () => Date;
}

export interface RunningService {
  readonly name: string;
  /** What its `start` opened; for the process that hosts it. */
  readonly resources: unknown;
  /** Names of the checks that fail, each with its sentence; empty when ready. */
  notReady(): Promise<Record<string, string>>;
  /** Takes no more, finishes what it has, closes what it opened. */
  stop(): Promise<void>;
}

export async function startService(definition: AnyService, options: ServiceOptions): Promise<RunningService> {
  const { bus, blobs, shared, config } = options;
  const log = options.log.child({ service: definition.name });
  const now = options.now ?? (() => new Date());
  const stopping = new AbortController();
  const checks = new Map<string, () => Promise<void>>([['bus', () => bus.ping()]]);
  const measures = instruments();
  const publishing = { definition, bus, blobs, instruments: measures };

  const host: Host<unknown> = {
    config,
    shared,
    bus,
    blobs,
    log,
    now,
    signal: stopping.signal,
    readiness: (name, check) => checks.set(name, check),
    publish: (outgoing, { id, traceparent }) =>
      inSpan({ name: `${outgoing.topic.name} publish`, kind: 'producer', traceparent }, async (own) => {
        const publisher = new Publisher({ ...publishing, context }, own);
        const acks: PublishResult[] = [];
        await publisher.publish(outgoing, id ?? crypto.randomUUID(), (ack) => acks.push(ack));
        await publisher.settled();
        const [ack] = acks;
        if (!ack) throw new Fault(`${outgoing.topic.name} was published without a PubAck`, { code: 'service.no-ack' });
        return ack;
      }),
  };
  const notReady = async () => {
    const failures: Record<string, string> = {};
    await Promise.all(
      [...checks].map(([name, check]) =>
        check().catch((error) => {
          failures[name] = explain(error);
        }),
      ),
    );
    return failures;
  };
  let context: Context = { config, resources: undefined, blobs, log, now, signal: stopping.signal };
  const started = await definition.start?.(host);
  context = { ...context, resources: started?.resources };

  const stage: Stage = {
    ...publishing,
    context,
    log,
    ackWaitMs: shared.ackWaitMs,
    maxDeliver: shared.maxDeliver,
    checkReady: async () => {
      const failures = Object.values(await notReady());
      if (failures.length > 0) throw new Error(failures.join('; '));
    },
  };
  const durables = durablesOf(definition);
  const subscriptions = new Map<string, Subscription[]>();
  // A service that takes nothing any more is not ready, whatever else works.
  let lost: string | undefined;
  checks.set('subscriptions', async () => {
    if (lost !== undefined) throw new Error(lost);
  });
  const lose = (error: unknown) => {
    lost = `a subscription ended: ${explain(error)}; start the service again`;
    log.error({ err: explain(error) }, 'a subscription ended');
  };
  const subscribe = async (key: string, wanted: readonly Durable[]) => {
    const taken = await Promise.allSettled(wanted.map((durable) => take(durable, stage, shared)));
    const good = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = taken.find((result) => result.status === 'rejected');
    if (failed) {
      await Promise.all(good.map((subscription) => subscription.drain()));
      throw failed.reason;
    }
    for (const subscription of good) subscription.closed.catch((error: unknown) => lose(error));
    subscriptions.set(key, good);
  };
  const unsubscribe = async (key: string) => {
    await Promise.all((subscriptions.get(key) ?? []).map((subscription) => subscription.drain()));
    subscriptions.delete(key);
  };

  await setUpDurables(bus, [definition], shared);
  await subscribe(
    'shared',
    durables.filter(({ partition }) => partition === undefined),
  );
  const leases = await holdLeases(definition, durables, { subscribe, unsubscribe, stage, publishing, shared });
  const observed = observedOf(definition.name, durables);
  const forget = [
    observeDurables(bus, () => observed),
    observeReadiness(definition.name, async () => Object.keys(await notReady()).length === 0),
  ];
  log.info({ subscriptions: definition.subscribes.map(({ topic }) => topic.name) }, 'service started');

  return {
    name: definition.name,
    resources: started?.resources,
    notReady,
    stop: async () => {
      for (const each of forget) each();
      stopping.abort();
      await leases?.stop();
      await Promise.all([...subscriptions.keys()].map(unsubscribe));
      await started?.close?.();
      log.info('service stopped');
    },
  };
}

/** Makes the durables of services, for those whose credential may not: every one made by `permissionsOf`. */
export async function setUpDurables(
  bus: Bus,
  definitions: readonly Pick<ServiceDefinition, 'name' | 'subscribes'>[],
  shared: SharedConfig,
): Promise<void> {
  for (const durable of definitions.flatMap(durablesOf)) await bus.ensureConsumer(consumerOf(durable, shared));
}

function consumerOf(durable: Durable, shared: SharedConfig) {
  const { stream, name, filter } = durable;
  const maxAckPending = Math.max(64, concurrencyOf(durable) * 16);
  return { stream, name, filter, ackWaitMs: shared.ackWaitMs, maxAckPending };
}

function take(durable: Durable, stage: Stage, shared: SharedConfig): Promise<Subscription> {
  const { onDemand = false } = durable.subscription.options;
  return stage.bus.subscribe(
    consumerOf(durable, shared),
    (delivery) => handleDelivery(delivery, durable.subscription, stage),
    { concurrency: concurrencyOf(durable), onDemand },
  );
}

function concurrencyOf({ partition, subscription }: Pick<Durable, 'partition' | 'subscription'>): number {
  return subscription.options.concurrency ?? (partition === undefined ? 4 : 1);
}

interface LeaseWork {
  subscribe(key: string, durables: readonly Durable[]): Promise<void>;
  unsubscribe(key: string): Promise<void>;
  stage: Stage;
  publishing: Pick<Stage, 'definition' | 'bus' | 'blobs' | 'instruments'>;
  shared: SharedConfig;
}

async function holdLeases(
  definition: ServiceDefinition,
  durables: readonly Durable[],
  work: LeaseWork,
): Promise<Leases | undefined> {
  const partitions = [...new Set(durables.flatMap(({ partition }) => partition ?? []))];
  const schedules = new Map((definition.schedules ?? []).map((schedule) => [`schedule-${schedule.name}`, schedule]));
  const names = [...partitions, ...schedules.keys()];
  if (names.length === 0) return undefined;
  const stopSchedule = new Map<string, () => Promise<void>>();
  const { leaseMs } = work.shared;
  const leases = new Leases({
    bucket: await work.stage.bus.bucket(leaseBucket),
    service: definition.name,
    names,
    ttlMs: leaseMs,
    log: work.stage.log,
    gained: async (name) => {
      const schedule = schedules.get(name);
      if (schedule) stopSchedule.set(name, keepSchedule(schedule, work));
      else
        await work.subscribe(
          name,
          durables.filter(({ partition }) => partition === name),
        );
    },
    lost: async (name) => {
      await stopSchedule.get(name)?.();
      stopSchedule.delete(name);
      await work.unsubscribe(name);
    },
  });
  await leases.start();
  return leases;
}

function keepSchedule(schedule: ScheduleSpec, { publishing, stage }: LeaseWork): () => Promise<void> {
  let round: Promise<void> = Promise.resolve();
  let isBusy = false;
  const run = async () => {
    const publisher = new Publisher({ ...publishing, context: stage.context }, undefined);
    const publish = publisher.forInput(`schedule:${schedule.name}`);
    try {
      for await (const outgoing of schedule.handler(stage.context) as AsyncIterable<Outgoing>) await publish(outgoing);
      await publisher.settled();
    } catch (error) {
      stage.log.error({ err: explain(error), schedule: schedule.name }, 'schedule failed and will run again');
    }
  };
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    round = run().finally(() => {
      isBusy = false;
    });
  }, schedule.everyMs);
  return async () => {
    clearInterval(timer);
    await round;
  };
}

function observedOf(service: string, durables: readonly Durable[]): ObservedDurable[] {
  return durables.map(({ stream, name, subscription, partition }) => ({
    stream,
    name,
    labels: { service, topic: subscription.topic.name, ...(partition ? { partition } : {}) },
  }));
}

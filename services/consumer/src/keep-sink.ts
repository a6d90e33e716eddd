// Keeps one sink going: opens it, makes its durable, runs it, and begins again after a while when something breaks.

import type { Writable } from 'node:stream';
import { type Bus, deadLetter, deadStream, type StoredMessage, streamOf } from '@assay/bus';
import {
  DeliveryOutcome,
  deliveryFinished,
  deliveryOutcomeNames,
  emit,
  InvalidInput,
  keyedId,
  type Outgoing,
  type SinkSpec,
  Transient,
} from '@assay/contracts';
import { count } from '@assay/runtime';
import { backoffMs, pause } from './backoff.ts';
import { checked } from './check-spec.ts';
import { drySink } from './dry-sink.ts';
import { type Durable, positionOf } from './durables.ts';
import { maxHeldEvents } from './held-events.ts';
import { inTurn } from './in-turn.ts';
import { paceOf } from './rate-limit.ts';
import { holdsFindings, readItems } from './read-items.ts';
import { readSecrets, redact, type SecretSources } from './read-secrets.ts';
import { describeWith, type Outcome, runSink } from './run-sink.ts';
import type { Blobs, Log, Secrets, Sink, SinkItem } from './sink.ts';
import { sinkTypeOf } from './sinks/by-name.ts';
import type { Template } from './template.ts';
import { type Tested, type TestOptions, trySink } from './try-sink.ts';

/** What every sink of this process shares. */
export interface SinkHost {
  bus: Bus;
  blobs: Blobs;
  log: Log;
  secrets: SecretSources;
  filesRoot: string;
  stdout: Writable;
  allowsPrivateAddresses: boolean;
  ackWaitMs: number;
  now(): Date;
  publish(outgoing: Outgoing, options: { id?: string; traceparent?: string }): Promise<unknown>;
}

/** How a sink is, for whoever declared it. */
export interface SinkState {
  /** "Pending": it was tried, and is tried again. "Refused": not before its declaration is another. */
  readonly phase: 'Pending' | 'Ready' | 'Refused';
  /** Why, in a sentence without secrets; empty when all is well. */
  readonly message: string;
}

export interface KeptSink {
  /** Delivers a sample, or only makes it, and says what came of it; never throws. */
  test(sample: SinkItem, options: TestOptions): Promise<Tested>;
  stop(): Promise<void>;
}

export function keepSink(
  spec: SinkSpec,
  durable: Durable,
  host: SinkHost,
  tell: (state: SinkState) => void = () => {},
): KeptSink {
  const stopping = new AbortController();
  const log = host.log.child({ sink: spec.name, type: spec.type });
  const kept = new KeptSinkLoop(spec, durable, { ...host, log }, tell);
  const ended = kept.loop(stopping.signal);
  return {
    test: (sample, options) => kept.test(sample, options),
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

class KeptSinkLoop {
  readonly #spec: SinkSpec;
  readonly #durable: Durable;
  readonly #host: SinkHost;
  readonly #tell: (state: SinkState) => void;
  #secrets: Secrets = {};
  /** While it runs. */
  #sink: Sink | undefined;

  constructor(spec: SinkSpec, durable: Durable, host: SinkHost, tell: (state: SinkState) => void) {
    this.#spec = spec;
    this.#durable = durable;
    this.#host = host;
    this.#tell = tell;
  }

  async loop(signal: AbortSignal): Promise<void> {
    const { log } = this.#host;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#once(signal, () => {
          attempt = 1;
        });
      } catch (error) {
        const reason = this.#describe(error);
        if (error instanceof InvalidInput) {
          this.#tell({ phase: 'Refused', message: reason });
          log.error({ reason }, 'sink cannot run as it is declared; its events wait until it is repaired');
          await this.#reportRefused(reason);
          return;
        }
        this.#tell({ phase: 'Pending', message: reason });
        const retryInMs = backoffMs(attempt, error, Math.random());
        this.#count(DeliveryOutcome.FAILED);
        log.warn({ reason, attempt, retryInMs }, 'sink does not run; trying again');
        await pause(retryInMs, signal);
      }
    }
  }

  /** Returns when the sink was stopped, throws when it broke; `working` is called with every outcome of a delivery. */
  async #once(signal: AbortSignal, working: () => void): Promise<void> {
    const { bus, blobs, ackWaitMs, log, now } = this.#host;
    const spec = this.#spec;
    const { type, filter, templates } = checked(spec);
    // The durable comes first: what happens while the sink cannot be opened waits in the stream for it.
    const { stream, name, filter: subject, start } = this.#durable;
    const consumer = { stream, name, filter: subject, ackWaitMs, maxAckPending: maxHeldEvents };
    await bus.ensureConsumer({ ...consumer, start: positionOf(start) });
    const sink = inTurn(await this.#open(templates));
    this.#sink = sink;
    try {
      const run = await runSink({
        bus,
        consumer,
        sink: spec.dryRun ? drySink(sink, log, (text) => redact(text, this.#secrets)) : sink,
        filter,
        size: spec.batch?.size ?? type.batchSize,
        waitMs: spec.batch?.waitMs ?? 0,
        ...(spec.rateLimit ? { pace: paceOf(spec.rateLimit, () => performance.now(), pause) } : {}),
        log,
        describe: (error) => this.#describe(error),
        readItems: (message) => readItems(message, blobs),
        bury: async (delivery, error) => {
          // A dead letter that a sink refuses is in the dead letters already.
          if (delivery.stream === deadStream) return;
          // A dry run changes nothing; its log and its event tell of the refusal.
          if (spec.dryRun) return;
          await deadLetter(bus, 'consumer', delivery, this.#named(error), now(), spec.name);
        },
        report: async (outcome) => {
          working();
          await this.#report(outcome);
        },
        failed: () => this.#count(DeliveryOutcome.FAILED),
      });
      log.info({ subject: spec.subject, durable: name }, 'sink is running');
      this.#tell({ phase: 'Ready', message: '' });
      const stop = () => void run.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        if (!signal.aborted) await run.ended;
      } finally {
        signal.removeEventListener('abort', stop);
        await run.stop();
      }
    } finally {
      this.#sink = undefined;
      await sink.close();
    }
  }

  test(sample: SinkItem, options: TestOptions): Promise<Tested> {
    const isDry = options.isDry || this.#spec.dryRun === true;
    return trySink(
      (use) => this.#borrow(use),
      sample,
      { ...options, isDry },
      {
        describe: (error) => this.#describe(error),
        redact: (text) => redact(text, this.#secrets),
      },
    );
  }

  // The sink that runs, where it does: some can be open only once.
  async #borrow<T>(use: (sink: Sink) => Promise<T>): Promise<T> {
    if (this.#sink) return use(this.#sink);
    const sink = await this.#open(checked(this.#spec).templates);
    try {
      return await use(sink);
    } finally {
      await sink.close();
    }
  }

  async #open(templates: Record<string, Template>): Promise<Sink> {
    const { log, filesRoot, stdout, allowsPrivateAddresses, now } = this.#host;
    const { name, generation, type, config, subject, credentials = {} } = this.#spec;
    this.#secrets = await readSecrets(credentials, sinkTypeOf(type).credentials, this.#host.secrets);
    return sinkTypeOf(type).open(config, this.#secrets, {
      name,
      generation,
      hasFindings: holdsFindings(subject),
      templates,
      log,
      filesRoot,
      stdout,
      allowsPrivateAddresses,
      now,
    });
  }

  async #report({ outcome: done, events, findings, filtered, attempts, reason, traceparent }: Outcome): Promise<void> {
    const [first, last] = [events[0], events.at(-1)];
    // Deliveries are events too: telling of the delivery of one would go on for ever.
    if (!first || !last || first.stream === streamOf(deliveryFinished.noun)) return;
    const outcome = this.#spec.dryRun && done === DeliveryOutcome.DELIVERED ? DeliveryOutcome.DRY : done;
    await this.#host.publish(
      emit(deliveryFinished, {
        sink: this.#spec.name,
        outcome,
        events: events.length,
        findings,
        filtered,
        stream: first.stream,
        firstSequence: first.sequence,
        lastSequence: last.sequence,
        attempts,
        reason,
        finishedAt: this.#host.now().toISOString(),
      }),
      { id: this.#outcomeId(outcome, events), ...(traceparent ? { traceparent } : {}) },
    );
    this.#count(outcome);
  }

  /** The same when a batch is told of again after a crash. */
  #outcomeId(outcome: DeliveryOutcome, events: readonly StoredMessage[]): string {
    const sequences = events.map(({ sequence }) => sequence).join(',');
    return keyedId(deliveryFinished.name, `${this.#durable.name}\0${outcome}\0${sequences}`);
  }

  async #reportRefused(reason: string): Promise<void> {
    const finishedAt = this.#host.now().toISOString();
    const outgoing = emit(deliveryFinished, {
      sink: this.#spec.name,
      outcome: DeliveryOutcome.REFUSED,
      stream: this.#durable.stream,
      reason,
      finishedAt,
    });
    await this.#host.publish(outgoing, {}).catch((error: unknown) => {
      this.#host.log.error({ reason: this.#describe(error) }, 'could not tell of a sink that cannot run');
    });
  }

  #count(outcome: DeliveryOutcome): void {
    const labels = { sink: this.#spec.name, outcome: deliveryOutcomeNames.of(outcome) };
    count('assay_deliveries', 'Deliveries to sinks, by outcome; failed ones are tried again', labels);
  }

  #describe(error: unknown): string {
    return describeWith((text) => redact(text, this.#secrets))(error);
  }

  /** An error for the dead letter: with the sink's name, without secrets. */
  #named(error: unknown): Error {
    const sentence = `sink ${this.#spec.name}: ${this.#describe(error)}`;
    const code = error instanceof InvalidInput || error instanceof Transient ? error.code : 'fault';
    return new InvalidInput(sentence, { code });
  }
}

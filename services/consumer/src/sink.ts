// What a sink is: it takes items, in order, and says when they are safe on the other side.
import type { Writable } from 'node:stream';
import { type FindingRecord, InvalidInput, type RecordWriter } from '@assay/contracts';
import type { Host } from '@assay/runtime';
import { z } from 'zod';
import type { Template } from './template.ts';

/** Logs as the platform does. */
export type Log = Host<unknown>['log'];
/** Large content of events. */
export type Blobs = Host<unknown>['blobs'];

export interface SinkEvent {
  id: string;
  /** CloudEvents type, e.g. "dev.assay.finding.changed.v1". */
  type: string;
  subject: string;
  /** RFC 3339. */
  time: string;
  /** Sorts events of one stream as they were stored, also across a stream that was made anew. */
  order: string;
  /** W3C Trace Context, when there is one. */
  traceparent?: string;
}

/** One finding of an event, or a whole event of another kind. */
export interface SinkItem {
  /** The same however often it is delivered: "<event id>:<identity>" for a finding, else the event's id. */
  readonly id: string;
  readonly event: SinkEvent;
  /** Its place among the event's items, from 0; items of an event come in this order. */
  readonly position: number;
  /** Made anew each time it is asked for: ask once. Throws InvalidInput "event.payload" when it cannot be read. */
  readonly finding?: FindingRecord;
  /** Writes the finding as JSON, at a fifth of what it costs to make `finding` and write that. Throws the same. */
  writeFinding?(to: RecordWriter): void;
  /** The event's data in JSON, where it holds no findings. */
  readonly data?: Record<string, unknown>;
}

export interface DeliveryInfo {
  /** The same for the same items. */
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborted when the service cannot wait any longer. */
  readonly signal: AbortSignal;
}

/** An open sink. Never called again before the last call has ended. */
export interface Sink {
  /**
   * Resolves when the other side has the items for good. Throws Transient to be asked again later (after retryAfterMs),
   * InvalidInput when these items will never be taken.
   */
  deliver(items: readonly SinkItem[], info: DeliveryInfo): Promise<void>;
  /**
   * What `deliver` would write, for people, up to the last step: it may ask the other side, and changes nothing there.
   * Throws as `deliver`. Default: the items as JSON.
   */
  preview?(items: readonly SinkItem[], info: DeliveryInfo): Promise<string>;
  close(): Promise<void>;
}

export interface SinkContext {
  /** The sink's name. */
  readonly name: string;
  readonly generation: number;
  /** Items are findings, not other events. */
  readonly hasFindings: boolean;
  /** The sink's own texts, by the names that its type has; only those that were given. */
  readonly templates?: Readonly<Record<string, Template>>;
  readonly log: Log;
  /** The only folder that sinks may write to; the first that does makes it. */
  readonly filesRoot: string;
  readonly stdout: Writable;
  /** Whether a sink may ask for addresses of the inner network. */
  readonly allowsPrivateAddresses: boolean;
  now(): Date;
}

/** Secrets by the name the type gives them. */
export type Secrets = Readonly<Record<string, string>>;

export interface SinkType {
  readonly type: string;
  readonly summary: string;
  readonly config: z.ZodObject;
  /** Names of the credentials it takes. */
  readonly credentials: readonly string[];
  /** Names of the texts that a sink may give templates for. */
  readonly templates: readonly string[];
  /** Items of one delivery when the sink does not say. */
  readonly batchSize: number;
  /** Checks a sink's config without opening anything; throws InvalidInput "sink.config". */
  check(config: unknown): void;
  /** Throws Transient when the other side is not there yet, InvalidInput when it will never be. */
  open(config: unknown, secrets: Secrets, context: SinkContext): Promise<Sink>;
}

export interface SinkTypeOptions<Schema extends z.ZodObject> {
  type: string;
  /** One line for people. */
  summary: string;
  config: Schema;
  credentials?: readonly string[];
  /** Names of texts: `context.templates` has what a sink gives for them. */
  templates?: readonly string[];
  /** At least 1, at most 10000. */
  batchSize: number;
  open(config: z.output<Schema>, secrets: Secrets, context: SinkContext): Promise<Sink>;
}

export function defineSink<Schema extends z.ZodObject>(options: SinkTypeOptions<Schema>): SinkType {
  const parse = (config: unknown): z.output<Schema> => {
    const result = options.config.safeParse(config);
    if (result.success) return result.data;
    throw new InvalidInput(`the config of a ${options.type} sink is wrong: ${z.prettifyError(result.error)}`, {
      code: 'sink.config',
    });
  };
  return {
    type: options.type,
    summary: options.summary,
    config: options.config,
    credentials: options.credentials ?? [],
    templates: options.templates ?? [],
    batchSize: options.batchSize,
    check: (config) => {
      parse(config);
    },
    open: async (config, secrets, context) => options.open(parse(config), secrets, context),
  };
}

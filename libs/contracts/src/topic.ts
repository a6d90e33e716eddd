// Topics: what may travel, each with its message, its subject and its CloudEvents type. The list is in topics.ts.
import type { MessageType } from './message.ts';
import { token } from './subject.ts';

export interface Topic<T = unknown> {
  /** "<noun>.<verb>", e.g. "finding.reported". */
  readonly name: string;
  readonly noun: string;
  readonly verb: string;
  /** CloudEvents type, "dev.assay.<noun>.<verb>.v1". */
  readonly type: string;
  readonly message: MessageType<T>;
  /** Reads and writes the JSON mapping where `message` is a lazy view. */
  readonly json: MessageType<unknown>;
  /** Names of the tokens behind the verb, e.g. ["tool"]. */
  readonly keys: readonly string[];
  readonly summary: string;
  /** Larger payloads of ours travel as zstd, which the header content-encoding says. */
  readonly isCompressed: boolean;
  /** The subject of one event. */
  subject(data: T): string;
  /** What the event is about (ce-subject). */
  about(data: T): string;
}

export interface TopicOptions<T> {
  name: `${string}.${string}`;
  message: MessageType<T>;
  json?: MessageType<unknown>;
  keys: readonly string[];
  summary: string;
  /** For what crosses the bus in bulk from one of our services to the next. Default false: anyone can read it as it is. */
  isCompressed?: boolean;
  /** Values of the keys, in order; mapped to tokens here. */
  tokens(data: T): readonly string[];
  about(data: T): string;
}

export function defineTopic<T>(options: TopicOptions<T>): Topic<T> {
  const [noun, verb] = options.name.split('.') as [string, string];
  return {
    name: options.name,
    noun,
    verb,
    type: `dev.assay.${noun}.${verb}.v1`,
    message: options.message,
    json: options.json ?? (options.message as MessageType<unknown>),
    keys: options.keys,
    summary: options.summary,
    isCompressed: options.isCompressed ?? false,
    subject: (data) => ['assay', noun, verb, ...options.tokens(data).map(token)].join('.'),
    about: options.about,
  };
}

/** Every subject of a topic, or those with the given last keys fixed: `filter(t)` is "assay.finding.reported.*". */
export function filterOf(topic: Topic<never> | Topic, fixed: Readonly<Record<string, string>> = {}): string {
  return ['assay', topic.noun, topic.verb, ...topic.keys.map((key) => fixed[key] ?? '*')].join('.');
}

// The streams: one a noun, created or updated on start, never deleted or silently recreated.
import { topics } from '@assay/contracts';
import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';

const mib = 1024 * 1024;
const day = 24 * 60 * 60 * 1000;

/** Room and life of a noun's events. What is not named gets `other`. */
const limits: Record<string, { share: number; maxAgeMs: number }> = {
  finding: { share: 0.7, maxAgeMs: 7 * day },
  report: { share: 0.1, maxAgeMs: 7 * day },
  dead: { share: 0.1, maxAgeMs: 0 },
  other: { share: 0.02, maxAgeMs: 30 * day },
};

/** Bytes that all streams together may take on disk when nothing else is said. */
export const defaultBudgetBytes = 4096 * mib;

/** The stream of a noun: "assay-finding". */
export function streamOf(noun: string): string {
  return `assay-${noun}`;
}

/** The stream of a subject or filter "assay.<noun>.…". */
export function streamOfSubject(subject: string): string {
  return streamOf(subject.split('.')[1] ?? '');
}

export const nouns: readonly string[] = [...new Set(topics.map((topic) => topic.noun)), 'dead'];

export interface StreamOptions {
  replicas: number;
  /** Bytes on disk for all streams together, at least 64 MiB. */
  budgetBytes?: number;
}

export function streamConfigs({ replicas, budgetBytes = defaultBudgetBytes }: StreamOptions): StreamConfig[] {
  return nouns.map((noun) => {
    const { share, maxAgeMs } = limits[noun] ?? (limits['other'] as { share: number; maxAgeMs: number });
    return {
      name: streamOf(noun),
      subjects: [`assay.${noun}.>`],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      // Dead letters are kept until somebody looks after them: a full stream refuses new ones, which stay where they were.
      discard: noun === 'dead' ? DiscardPolicy.New : DiscardPolicy.Old,
      max_age: maxAgeMs * 1e6,
      max_bytes: Math.floor(budgetBytes * share),
      duplicate_window: 120_000 * 1e6,
      num_replicas: replicas,
    } as StreamConfig;
  });
}

export async function ensureStreams(jsm: JetStreamManager, options: StreamOptions): Promise<void> {
  const existing = new Set<string>();
  for await (const info of jsm.streams.list()) existing.add(info.config.name);
  for (const config of streamConfigs(options)) {
    if (existing.has(config.name)) await jsm.streams.update(config.name, config);
    else await jsm.streams.add(config);
  }
}

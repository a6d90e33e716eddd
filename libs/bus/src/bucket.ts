// Key-value buckets: declared sinks, leases.
import type { JetStreamManager } from '@nats-io/jetstream';
import { type KV, type Kvm, KvWatchInclude } from '@nats-io/kv';
import type { Bucket, BucketOptions } from './bus.ts';

export async function openBucket(kvm: Kvm, name: string): Promise<Bucket> {
  const kv = await kvm
    .open(name)
    .then(async (found) => {
      await found.status();
      return found;
    })
    .catch(() => kvm.create(name, { history: 1 }));
  return toBucket(kv);
}

export async function ensureBucket(
  kvm: Kvm,
  jsm: JetStreamManager,
  name: string,
  options: BucketOptions,
): Promise<Bucket> {
  const { ttlMs = 0, replicas = 1 } = options;
  const kv = await kvm
    .create(name, { history: 1, replicas, ...(ttlMs ? { ttl: ttlMs } : {}) })
    .catch(() => kvm.open(name));
  const stream = `KV_${name}`;
  const { config } = await jsm.streams.info(stream);
  const maxAge = ttlMs * 1e6;
  if (config.max_age !== maxAge || config.num_replicas !== replicas) {
    const window = maxAge > 0 ? Math.min(config.duplicate_window, maxAge) : config.duplicate_window;
    await jsm.streams.update(stream, { ...config, max_age: maxAge, num_replicas: replicas, duplicate_window: window });
  }
  return toBucket(kv);
}

function toBucket(kv: KV): Bucket {
  return {
    get: async (key) => {
      const entry = await kv.get(key);
      return entry && entry.operation === 'PUT' ? { value: entry.value, revision: entry.revision } : undefined;
    },
    put: (key, value, revision) => put(kv, key, value, revision),
    delete: (key, revision) => kv.delete(key, revision === undefined ? {} : { previousSeq: revision }),
    keys: async () => {
      const keys: string[] = [];
      for await (const key of await kv.keys()) keys.push(key);
      return keys;
    },
    watch: (signal) => watch(kv, signal),
  };
}

async function put(kv: KV, key: string, value: Uint8Array, revision?: number): Promise<number | undefined> {
  if (revision === undefined) return kv.put(key, value);
  try {
    return revision === 0 ? await kv.create(key, value) : await kv.update(key, value, revision);
  } catch (error) {
    if (error instanceof Error && /wrong last sequence|key exists/i.test(error.message)) return undefined;
    throw error;
  }
}

async function* watch(
  kv: KV,
  signal: AbortSignal,
): AsyncIterable<{ key: string; value: Uint8Array | undefined; isCaughtUp: boolean }> {
  const watcher = await kv.watch({ include: KvWatchInclude.LastValue });
  const stop = () => watcher.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const entry of watcher) {
      if (signal.aborted) return;
      yield {
        key: entry.key,
        value: entry.operation === 'PUT' ? entry.value : undefined,
        isCaughtUp: entry.isUpdate || entry.delta === 0,
      };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    watcher.stop();
  }
}

// Large content on the bus: JetStream's object store.
import { Readable } from 'node:stream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { ObjectStore, Objm } from '@nats-io/obj';
import type { ObjectBucket } from './bus.ts';

export async function openObjects(objm: Objm, name: string): Promise<ObjectBucket> {
  // Who uses it need not be allowed to make it: the server takes from a maker whatever else the stream shall copy.
  return toObjects(await objm.open(name).catch(() => objm.create(name)));
}

export async function ensureObjects(
  objm: Objm,
  jsm: JetStreamManager,
  name: string,
  { replicas = 1 }: { replicas?: number },
): Promise<ObjectBucket> {
  const store = await objm.open(name).catch(() => objm.create(name, { replicas }));
  const stream = `OBJ_${name}`;
  const { config } = await jsm.streams.info(stream);
  if (config.num_replicas !== replicas) await jsm.streams.update(stream, { ...config, num_replicas: replicas });
  return toObjects(store);
}

function toObjects(store: ObjectStore): ObjectBucket {
  return {
    put: async (key, content, ref) => {
      const stream = Readable.toWeb(
        Readable.from(content, { objectMode: false }),
      ) as unknown as ReadableStream<Uint8Array>;
      await store.put({ name: key, description: ref.mediaType }, stream);
    },
    get: async (key) => {
      const found = await store.get(key);
      return found ? read(found.data) : undefined;
    },
    stat: async (key) => {
      const info = await store.info(key);
      return info && !info.deleted ? { size: info.size, modified: new Date(info.mtime) } : undefined;
    },
    delete: async (key) => {
      const info = await store.info(key);
      if (!info || info.deleted) return false;
      await store.delete(key);
      return true;
    },
    list: async function* () {
      for (const info of await store.list())
        if (!info.deleted) yield { name: info.name, size: info.size, modified: new Date(info.mtime) };
    },
  };
}

async function* read(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

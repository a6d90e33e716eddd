// A whole gateway for specs: the real server over a bus, a store and blobs that live in memory and keep their promises
// (duplicates by id, sequences, revisions, deletes, filters), so that a route is judged by what it leaves behind.
import { createHash } from 'node:crypto';
import type { BlobStore } from '@assay/blobs';
import { type Bucket, type Bus, type StoredMessage, streamOfSubject, type WireMessage } from '@assay/bus';
import { InvalidInput, Transient } from '@assay/contracts';
import { createLog, toWire } from '@assay/runtime';
import type { ReadStore, Store, StoredFinding, StoredReport, StoredRun, StoredToken, TokenStore } from '@assay/store';
import { hashToken } from './auth.ts';
import { gatewayConfig } from './config.ts';
import type { Gateway } from './gateway.ts';
import { buildServer, closeServer } from './server.ts';
import type { App } from './zod-provider.ts';

export const adminToken = 'admin-token-0123456789';
export const runTokenKey = 'a key that signs run tokens';
export const noon = new Date('2026-01-31T12:00:00Z');

export interface TestGateway {
  app: App;
  gateway: Gateway;
  bus: MemoryBus;
  blobs: MemoryBlobs;
  store: MemoryStore;
  log: string[];
  /** What is set here changes the world: an overload, a clock. */
  world: { now: Date; overload: { retryAfterMs: number } | undefined; asked: number };
  stop(): Promise<void>;
}

export async function testGateway(
  overrides: Record<string, unknown> = {},
  webhooks: Gateway['webhooks'] = new Map(),
): Promise<TestGateway> {
  const world: TestGateway['world'] = { now: noon, overload: undefined, asked: 0 };
  const bus = new MemoryBus(() => world.now);
  const blobs = new MemoryBlobs();
  const store = new MemoryStore();
  const log: string[] = [];
  const stopping = new AbortController();
  const sinks = await bus.bucket();
  const deliveries = await bus.bucket();
  const gateway: Gateway = {
    // Nobody reads reports or serves sinks here.
    config: gatewayConfig.parse({ readWaitMs: 0, sinkWaitMs: 0, sinkTestMs: 10, ...overrides }),
    bus: bus as unknown as Bus,
    blobs,
    store,
    sinks,
    webhooks,
    deliveries,
    log: createLog('trace', { write: (line: string) => void log.push(line) }),
    now: () => world.now,
    publish: async ({ topic, data }, { id = 'none', traceparent }) => {
      const attributes = { id, source: 'assay/gateway', time: world.now.toISOString(), traceparent };
      return bus.publish(await toWire(topic, data, attributes, blobs), id);
    },
    isOverloaded: async () => {
      world.asked++;
      return world.overload;
    },
    bootstrapHash: hashToken(adminToken),
    runTokenKey,
    metrics: async () => 'assay_events_published 1\n',
    signal: stopping.signal,
  };
  const app = await buildServer(gateway);
  return {
    app,
    gateway,
    bus,
    blobs,
    store,
    log,
    world,
    stop: async () => {
      stopping.abort();
      await closeServer(app);
    },
  };
}

type UsedOfBus = Pick<Bus, 'publish' | 'tail' | 'replay' | 'messageAt' | 'messages' | 'deleteMessage' | 'ping'>;

export class MemoryBus implements UsedOfBus {
  readonly stored: StoredMessage[] = [];
  isDown = false;
  readonly #ids = new Map<string, number>();
  readonly #sequences = new Map<string, number>();
  readonly #now: () => Date;
  #waiting: (() => void)[] = [];

  constructor(now: () => Date) {
    this.#now = now;
  }

  async publish(message: WireMessage, id: string) {
    this.#check();
    const stream = streamOfSubject(message.subject);
    const sequence = (this.#sequences.get(stream) ?? 0) + 1;
    const first = this.#ids.get(`${stream} ${id}`);
    if (first !== undefined) return { stream, sequence: first, isDuplicate: true };
    this.#ids.set(`${stream} ${id}`, sequence);
    this.#sequences.set(stream, sequence);
    this.stored.push({ ...message, stream, sequence, storedAt: this.#now() });
    for (const wake of this.#waiting.splice(0)) wake();
    return { stream, sequence, isDuplicate: false };
  }

  async *tail(filters: readonly string[], { start, signal }: { start: 'all' | 'new' | Date; signal: AbortSignal }) {
    this.#check();
    let next = start === 'new' ? this.stored.length : 0;
    const wake = () => {
      for (const each of this.#waiting.splice(0)) each();
    };
    signal.addEventListener('abort', wake);
    while (!signal.aborted) {
      const message = this.stored[next++];
      if (!message) {
        next--;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      } else if (
        filters.some((filter) => matches(filter, message.subject)) &&
        !(start instanceof Date && message.storedAt < start)
      )
        yield message;
    }
  }

  async *replay(filter: string, { start }: { start: 'all' | Date; signal: AbortSignal }) {
    this.#check();
    for (const message of [...this.stored])
      if (matches(filter, message.subject) && (start === 'all' || message.storedAt >= start)) yield message;
  }

  async messageAt(stream: string, sequence: number) {
    this.#check();
    return this.stored.find((each) => each.stream === stream && each.sequence === sequence);
  }

  async messages(stream: string, filter: string, { from = 1, limit = 1000 }: { from?: number; limit?: number } = {}) {
    this.#check();
    return this.stored
      .filter((each) => each.stream === stream && each.sequence >= from && matches(filter, each.subject))
      .slice(0, limit);
  }

  async deleteMessage(stream: string, sequence: number) {
    this.#check();
    const index = this.stored.findIndex((each) => each.stream === stream && each.sequence === sequence);
    if (index >= 0) this.stored.splice(index, 1);
    return index >= 0;
  }

  async ping() {
    this.#check();
  }

  async bucket(): Promise<Bucket> {
    const entries = new Map<string, { value: Uint8Array; revision: number }>();
    let last = 0;
    return {
      get: async (key) => entries.get(key),
      put: async (key, value, revision) => {
        if (revision !== undefined && (entries.get(key)?.revision ?? 0) !== revision) return undefined;
        entries.set(key, { value, revision: ++last });
        return last;
      },
      delete: async (key) => void entries.delete(key),
      keys: async () => [...entries.keys()],
      watch: () => {
        throw new Error('the gateway does not watch sinks');
      },
    };
  }

  #check(): void {
    if (this.isDown) throw new Transient('nats-server does not answer', { code: 'bus.unavailable' });
  }
}

function matches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const given = subject.split('.');
  return (
    wanted.every(
      (part, index) => part === '>' || (part === '*' && given[index] !== undefined) || part === given[index],
    ) && (wanted.at(-1) === '>' ? given.length >= wanted.length : given.length === wanted.length)
  );
}

export class MemoryBlobs implements BlobStore {
  readonly contents = new Map<string, Buffer>();

  async put(content: AsyncIterable<Uint8Array> | Uint8Array, options: { mediaType?: string } = {}) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content instanceof Uint8Array ? [content] : content) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    const digest = `sha256:${createHash('sha256').update(whole).digest('hex')}`;
    this.contents.set(digest, whole);
    return { digest, size: whole.length, mediaType: options.mediaType ?? 'application/octet-stream' };
  }

  async *get(digest: string) {
    const content = this.contents.get(digest);
    if (!content) throw new InvalidInput(`there is no blob ${digest}`, { code: 'blob.missing' });
    yield content;
  }

  async stat(digest: string) {
    const content = this.contents.get(digest);
    return content && { size: content.length };
  }

  async delete(digest: string) {
    return this.contents.delete(digest);
  }

  async *list() {
    for (const [digest, content] of this.contents) yield { digest, size: content.length, modified: noon };
  }

  async close() {}
}

export class MemoryStore implements Omit<Store, 'ledger' | 'close'> {
  isDown = false;
  readonly allFindings: StoredFinding[] = [];
  readonly allRuns: StoredRun[] = [];
  readonly allReports: StoredReport[] = [];
  readonly allTokens: StoredToken[] = [];
  /** The last query of findings as the store was given it. */
  lastQuery: unknown;

  readonly findings: ReadStore['findings'] = {
    list: async (query) => {
      this.#check();
      this.lastQuery = query;
      const { limit = 100, after = '0', target } = query;
      const found = this.allFindings.filter((each) => target === undefined || each.target === target);
      const end = Number(after) + limit;
      return { items: found.slice(Number(after), end), ...(found.length > end ? { next: String(end) } : {}) };
    },
    get: async (id) => this.allFindings.filter((each) => each.id.startsWith(id)),
  };

  readonly runs: ReadStore['runs'] = {
    list: async ({ target, phase }) => {
      this.#check();
      return {
        items: this.allRuns.filter(
          (each) => [undefined, each.target].includes(target) && [undefined, each.phase].includes(phase),
        ),
      };
    },
    get: async (runId) => this.allRuns.find((each) => each.runId === runId),
  };

  readonly reports: ReadStore['reports'] = {
    list: async ({ run }) => ({ items: this.allReports.filter((each) => [undefined, each.runId].includes(run)) }),
    get: async (reportId) => this.allReports.find((each) => each.reportId === reportId),
  };

  readonly tokens: TokenStore = {
    find: async (hash) => this.allTokens.find((each) => each.hash === hash),
    put: async (token) => void this.allTokens.push(token),
    list: async () => [...this.allTokens],
    delete: async (name) => {
      const index = this.allTokens.findIndex((each) => each.name === name);
      if (index >= 0) this.allTokens.splice(index, 1);
      return index >= 0;
    },
  };

  async ping() {
    this.#check();
  }

  #check(): void {
    if (this.isDown) throw new Transient('the store does not answer at db.internal', { code: 'store.unavailable' });
  }
}

/** A request as the administrator. */
export const asAdmin = { authorization: `Bearer ${adminToken}` };

// Keeps every declared sink running: starts what is new, restarts what was edited, ends what was removed, each on its
// own. Which durables exist is remembered on the bus, so that one whose sink was removed in the meantime is deleted.

import { hash } from 'node:crypto';
import type { Bus } from '@assay/bus';
import { parseSinkSpec, type SinkSpec, sinksBucket } from '@assay/contracts';
import { type ObservedDurable, observeDurables } from '@assay/runtime';
import { type Durable, Durables } from './durables.ts';
import { type KeptSink, keepSink, type SinkHost, type SinkState } from './keep-sink.ts';
import { readSinkFiles, type SinkFiles } from './read-sink-files.ts';
import type { Log, SinkItem } from './sink.ts';
import type { SinkResources } from './sink-resources/index.ts';
import type { Tested, TestOptions } from './try-sink.ts';

/** Key-value bucket that remembers the durable of each sink. */
export const durablesBucket = 'sink-durables';

export interface SupervisorOptions {
  bus: Bus;
  log: Log;
  sink: SinkHost;
  /** Folder of YAML files; undefined: none. */
  sinksDir: string | undefined;
  /** How often the folder is read again. Milliseconds. */
  reloadMs: number;
  /** Sinks that the cluster declares. */
  resources?: SinkResources | undefined;
}

export interface Supervisor {
  /** Names of the sinks that are declared and right. */
  names(): string[];
  /** Delivers a sample through a sink; undefined when there is none of that name. */
  test(name: string, makeSample: (spec: SinkSpec) => SinkItem, options: TestOptions): Promise<Tested | undefined>;
  /** Reads the folder again; resolves when every change has been acted upon. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export async function superviseSinks(options: SupervisorOptions): Promise<Supervisor> {
  const { bus } = options;
  const declared = await bus.bucket(sinksBucket);
  const durables = new Durables(bus, await bus.bucket(durablesBucket));
  const supervising = new Supervising(options, durables);
  for (const key of await declared.keys()) supervising.declare(key, (await declared.get(key))?.value);
  await supervising.reload();
  await supervising.forgetOrphans();

  const stopping = new AbortController();
  const watching = (async () => {
    for await (const { key, value } of declared.watch(stopping.signal)) {
      supervising.declare(key, value);
      void supervising.reconcile();
    }
  })();
  watching.catch((error: unknown) => options.log.error({ err: error }, 'declared sinks are no longer watched'));
  options.resources?.follow(() => void supervising.reconcile());
  const forgetDurables = observeDurables(bus, () => supervising.durables());
  const reloading = setInterval(() => void supervising.reload(), options.reloadMs);
  return {
    names: () => supervising.names(),
    test: (name, makeSample, options) => supervising.test(name, makeSample, options),
    reload: () => supervising.reload(),
    stop: async () => {
      clearInterval(reloading);
      forgetDurables();
      stopping.abort();
      await watching.catch(() => {});
      await options.resources?.close();
      await supervising.stop();
    },
  };
}

interface Running {
  readonly fingerprint: string;
  readonly durable: Durable;
  kept?: KeptSink;
  state?: SinkState;
}

class Supervising {
  readonly #options: SupervisorOptions;
  readonly #durables: Durables;
  readonly #fromBucket = new Map<string, SinkSpec>();
  /** Keys whose value is no sink: their durables are kept. */
  readonly #broken = new Set<string>();
  #files: SinkFiles = { sinks: new Map(), problems: [] };
  readonly #running = new Map<string, Running>();
  #queue: Promise<void> = Promise.resolve();
  #isStopping = false;
  #said = new Set<string>();

  constructor(options: SupervisorOptions, durables: Durables) {
    this.#options = options;
    this.#durables = durables;
  }

  names(): string[] {
    return [...this.#wanted().keys()].sort();
  }

  /** The durables of what runs, with the labels of their metrics. */
  durables(): ObservedDurable[] {
    return [...this.#running].map(([sink, { durable }]) => ({ ...durable, labels: { service: 'consumer', sink } }));
  }

  async test(
    name: string,
    makeSample: (spec: SinkSpec) => SinkItem,
    options: TestOptions,
  ): Promise<Tested | undefined> {
    // What is declared at this moment is to be tried.
    await this.#queue;
    const kept = this.#running.get(name)?.kept;
    const spec = this.#wanted().get(name);
    return kept && spec && kept.test(makeSample(spec), options);
  }

  declare(key: string, value: Uint8Array | undefined): void {
    this.#broken.delete(key);
    if (!value) {
      this.#fromBucket.delete(key);
      return;
    }
    try {
      const spec = parseSinkSpec(JSON.parse(Buffer.from(value).toString()));
      if (spec.name !== key) throw new Error(`it calls itself "${spec.name}"`);
      this.#fromBucket.set(key, spec);
    } catch (error) {
      // What ran under this name goes on as it was until somebody repairs the declaration.
      this.#broken.add(key);
      this.#options.log.error({ sink: key, err: error }, 'declaration of a sink is wrong');
    }
  }

  async reload(): Promise<void> {
    const { sinksDir, log } = this.#options;
    if (sinksDir) {
      this.#files = await readSinkFiles(sinksDir, this.#files);
      for (const { where, reason } of this.#files.problems) {
        this.#once(`${where}\0${reason}`, () => log.error({ where, reason }, 'file of sinks is wrong'));
      }
    }
    await this.reconcile();
  }

  /** Acts on what is declared now; one at a time. */
  reconcile(): Promise<void> {
    this.#queue = this.#queue
      .then(() => this.#reconcile())
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'sinks could not be brought in line; tried again with the next change');
      });
    return this.#queue;
  }

  async #reconcile(): Promise<void> {
    if (this.#isStopping) return;
    const wanted = this.#wanted();
    for (const [name, running] of [...this.#running]) {
      const spec = wanted.get(name);
      if (spec && fingerprintOf(spec) === running.fingerprint) continue;
      this.#running.delete(name);
      await running.kept?.stop();
    }
    await this.forgetOrphans();
    for (const [name, spec] of wanted) {
      if (this.#running.has(name)) continue;
      const durable = await this.#durables.claim(spec);
      const running: Running = { fingerprint: fingerprintOf(spec), durable };
      this.#running.set(name, running);
      running.kept = keepSink(spec, durable, this.#options.sink, (state) => {
        running.state = state;
        this.#tellResources();
      });
    }
    this.#tellResources();
  }

  /** Deletes durables whose sinks were removed, while nobody looked too. */
  async forgetOrphans(): Promise<void> {
    const { resources } = this.#options;
    // A file that cannot be read may well declare some of them, or the cluster, as long as it was not asked.
    if (this.#files.problems.length > 0 || resources?.isRead() === false) return;
    const wanted = this.#wanted();
    for (const name of await this.#durables.sinks()) {
      if (wanted.has(name) || this.#broken.has(name) || resources?.isBroken(name)) continue;
      await this.#durables.remove(name);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#queue;
    await Promise.all([...this.#running.values()].map(({ kept }) => kept?.stop()));
    this.#running.clear();
  }

  #wanted(): Map<string, SinkSpec> {
    const wanted = new Map(this.#fromBucket);
    for (const [name, { spec, where }] of [...(this.#options.resources?.sinks ?? []), ...this.#files.sinks]) {
      if (this.#fromBucket.has(name)) {
        const say = () =>
          this.#options.log.warn({ sink: name, where }, 'a file or resource declares this sink; the API’s is not used');
        this.#once(`wins\0${name}\0${where}`, say);
      }
      wanted.set(name, spec);
    }
    return wanted;
  }

  /** How each is. A file and a resource may not declare the same sink: the file's goes on, the resource is refused. */
  #tellResources(): void {
    const { resources, log } = this.#options;
    for (const [name, { where }] of resources?.sinks ?? []) {
      const file = this.#files.sinks.get(name);
      const state = this.#running.get(name)?.state;
      if (file) {
        const message = `sink "${name}" is declared in ${file.where} too`;
        this.#once(`${where}\0${message}`, () => log.error({ where, reason: message }, 'a sink is declared twice'));
        resources?.tell(name, { phase: 'Refused', message });
      } else if (state) resources?.tell(name, state);
    }
  }

  #once(key: string, say: () => void): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    say();
  }
}

function fingerprintOf(spec: SinkSpec): string {
  return hash('sha256', JSON.stringify(spec));
}

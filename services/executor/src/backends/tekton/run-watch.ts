// One watch of the namespace's runs for all of them: the last known PipelineRun and TaskRuns of each, and a signal
// whenever something of a run has changed. The watch is the truth; what it says is never asked for again.
import { explain } from '@assay/contracts';
import type { KindRef, Kube, KubeObject, WatchEvent } from '@assay/kube';
import type { Host } from '@assay/runtime';
import { managedBy, manager } from './names.ts';
import {
  type PipelineRun,
  pipelineRunKind,
  readPipelineRun,
  readTaskRun,
  type TaskRun,
  taskRunKind,
} from './tekton-objects.ts';

/** Tekton puts it on every TaskRun of a PipelineRun. */
const ownerLabel = 'tekton.dev/pipelineRun';

export interface RunView {
  /** Undefined: it is not there, or not any more. */
  readonly run: PipelineRun | undefined;
  readonly taskRuns: ReadonlyMap<string, TaskRun>;
}

export class RunWatch {
  readonly #kube: Kube;
  readonly #namespace: string;
  readonly #log: Host<unknown>['log'];
  readonly #stop = new AbortController();
  readonly #runs = new Map<string, PipelineRun>();
  /** By the run's name, then the TaskRun's. */
  readonly #taskRuns = new Map<string, Map<string, TaskRun>>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #ended: Promise<unknown> = Promise.resolve();
  #trouble: unknown;

  constructor(kube: Kube, namespace: string, log: Host<unknown>['log']) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#log = log;
  }

  start(): void {
    const follow = async (kind: KindRef, take: (event: WatchEvent) => void): Promise<void> => {
      // TaskRuns have the labels of their PipelineRun.
      const selection = { namespace: this.#namespace, labels: `${managedBy}=${manager}`, signal: this.#stop.signal };
      for await (const event of this.#kube.watch(kind, selection)) take(event);
    };
    this.#ended = Promise.all([
      follow(pipelineRunKind, (event) => this.#takeRun(event)),
      follow(taskRunKind, (event) => this.#takeTaskRun(event)),
    ]).catch((error: unknown) => {
      this.#trouble = error;
      this.#log.error({ err: explain(error) }, 'runs cannot be watched any more');
      for (const name of this.#listeners.keys()) this.#tell(name);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /** Throws what ended the watch for good. */
  check(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  view(name: string): RunView {
    return { run: this.#runs.get(name), taskRuns: this.#taskRuns.get(name) ?? new Map() };
  }

  /** Calls back after each change of a run, until the returned function is called. */
  listen(name: string, changed: () => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(changed));
    return () => {
      listeners.delete(changed);
      if (listeners.size === 0) this.#listeners.delete(name);
    };
  }

  #takeRun(event: WatchEvent): void {
    if (event.type === 'synced') {
      const here = new Set(event.objects.map(({ metadata }) => metadata.name));
      for (const name of [...this.#runs.keys()]) if (!here.has(name)) this.#forget(name);
      for (const name of this.#listeners.keys()) this.#tell(name);
      return;
    }
    const name = event.object.metadata.name ?? '';
    if (event.type === 'deleted') this.#forget(name);
    else this.#keep(event.object, () => this.#runs.set(name, readPipelineRun(event.object)));
    // Every run of a pipeline may be waited for by another.
    for (const each of this.#listeners.keys()) this.#tell(each);
  }

  #takeTaskRun(event: WatchEvent): void {
    if (event.type === 'synced') {
      const here = new Set(event.objects.map(({ metadata }) => metadata.name));
      for (const known of this.#taskRuns.values())
        for (const name of [...known.keys()]) if (!here.has(name)) known.delete(name);
      for (const name of this.#listeners.keys()) this.#tell(name);
      return;
    }
    const { name = '', labels = {} } = event.object.metadata;
    const owner = labels[ownerLabel];
    if (owner === undefined) return;
    const known = this.#taskRuns.get(owner) ?? new Map<string, TaskRun>();
    this.#taskRuns.set(owner, known);
    if (event.type === 'deleted') known.delete(name);
    else this.#keep(event.object, () => known.set(name, readTaskRun(event.object)));
    this.#tell(owner);
  }

  #keep(object: KubeObject, keep: () => void): void {
    try {
      keep();
    } catch (error) {
      this.#log.error({ err: explain(error), object: object.metadata.name }, 'an object of Tekton cannot be read');
    }
  }

  #forget(name: string): void {
    this.#runs.delete(name);
    this.#taskRuns.delete(name);
  }

  #tell(name: string): void {
    for (const changed of this.#listeners.get(name) ?? []) changed();
  }
}

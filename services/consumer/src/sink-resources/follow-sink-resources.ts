// Sinks declared as Sink resources of one namespace. They stand beside those of files, by the same rules: one that is
// wrong is told of, and what it declared before goes on as it was. Its status says whether it delivers.
import { setTimeout as sleep } from 'node:timers/promises';
import { AssayError, explain, InvalidInput, type SinkSpec } from '@assay/contracts';
import { sinkOfResource } from '@assay/contracts/resources';
import type { Kube, KubeObject } from '@assay/kube';
import type { SinkState } from '../keep-sink.ts';
import type { Log } from '../sink.ts';
import { ShownStates } from './show-state.ts';
import { sinkKind } from './sink-kind.ts';

/** Until a watch that was refused is tried again. Milliseconds. */
const againMs = 10_000;

export interface SinkResourcesOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** Where Secrets are mounted, each in a folder of its name. */
  readonly secretsDir: string;
  readonly log: Log;
  now(): Date;
}

export interface SinkResources {
  readonly sinks: ReadonlyMap<string, { readonly spec: SinkSpec; readonly where: string }>;
  /** What is declared is known: from then on, what is not there was removed. */
  isRead(): boolean;
  /** Names whose newest declaration is wrong. */
  isBroken(name: string): boolean;
  /** Calls it after every change, until closed. */
  follow(changed: () => void): void;
  /** Shows how a sink is. */
  tell(name: string, state: SinkState): void;
  close(): Promise<void>;
}

/** InvalidInput when the cluster has no Sinks, or this connection no right to them. */
export async function followSinkResources(options: SinkResourcesOptions): Promise<SinkResources> {
  const { kube, namespace } = options;
  for (const [verb, subresource] of [['watch'], ['list'], ['patch', 'status']] as const) {
    if (await kube.may(verb, sinkKind, namespace, subresource)) continue;
    throw new InvalidInput(
      `the consumer may not ${verb} sinks${subresource ? `/${subresource}` : ''} in ${namespace}: bind the ClusterRole assay-sink-controller of deploy/kustomize/rbac to its service account there`,
      { code: 'sink.rights' },
    );
  }
  return new Following(options);
}

class Following implements SinkResources {
  readonly #options: SinkResourcesOptions;
  readonly #ending = new AbortController();
  readonly #shown: ShownStates;
  readonly sinks = new Map<string, { spec: SinkSpec; where: string }>();
  readonly #broken = new Set<string>();
  /** What was read of each: its status changes more often. */
  readonly #versions = new Map<string, string>();
  #isRead = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: SinkResourcesOptions) {
    this.#options = options;
    this.#shown = new ShownStates(options);
  }

  isRead(): boolean {
    return this.#isRead;
  }

  isBroken(name: string): boolean {
    return this.#broken.has(name);
  }

  follow(changed: () => void): void {
    this.#ended = this.#follow(changed);
  }

  tell(name: string, state: SinkState): void {
    // What runs is what was declared before.
    if (!this.#broken.has(name)) this.#shown.tell(name, state);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
    await this.#shown.close();
  }

  async #follow(changed: () => void): Promise<void> {
    const { kube, namespace, log } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        for await (const event of kube.watch(sinkKind, { namespace, signal })) {
          if (event.type === 'synced') this.#keepOnly(event.objects);
          else if (event.type === 'deleted') this.#forget(nameOf(event.object));
          else if (!this.#read(event.object)) continue;
          changed();
        }
      } catch (error) {
        log.error({ err: explain(error) }, 'sink resources cannot be followed; what they declared goes on');
        await sleep(againMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** False when it says what it said. */
  #read(object: KubeObject): boolean {
    const { namespace, secretsDir, log } = this.#options;
    const name = nameOf(object);
    this.#shown.saw(name, object);
    const version = `${object.metadata.uid}/${object.metadata.generation}`;
    if (this.#versions.get(name) === version) return false;
    this.#versions.set(name, version);
    const where = `Sink ${namespace}/${name}`;
    try {
      this.sinks.set(name, { spec: sinkOfResource(name, object['spec'], secretsDir), where });
      this.#broken.delete(name);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      log.error({ where, reason: error.message }, 'declaration of a sink is wrong');
      this.#broken.add(name);
      this.#shown.tell(name, { phase: 'Refused', message: error.message });
    }
    return true;
  }

  #keepOnly(objects: readonly KubeObject[]): void {
    const there = new Set(objects.map(nameOf));
    for (const name of [...this.#versions.keys()]) if (!there.has(name)) this.#forget(name);
    this.#isRead = true;
  }

  #forget(name: string): void {
    this.sinks.delete(name);
    this.#broken.delete(name);
    this.#versions.delete(name);
    this.#shown.forget(name);
  }
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? '';
}

// The status of Sink resources: written when it is other than what is shown, so that replicas that agree are silent.
import { explain } from '@assay/contracts';
import { type SinkResourceStatus, setCondition, sinkResourceStatus } from '@assay/contracts/resources';
import type { KubeObject } from '@assay/kube';
import type { SinkState } from '../keep-sink.ts';
import type { SinkResourcesOptions } from './follow-sink-resources.ts';
import { sinkKind } from './sink-kind.ts';

/** Until a status that could not be written is written again. Milliseconds. */
const againMs = 5000;

interface Shown {
  object?: KubeObject;
  state?: SinkState;
}

export class ShownStates {
  readonly #options: SinkResourcesOptions;
  readonly #shown = new Map<string, Shown>();
  readonly #retrying = new Set<NodeJS.Timeout>();
  /** One after the other: the last word is written last. */
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SinkResourcesOptions) {
    this.#options = options;
  }

  saw(name: string, object: KubeObject): void {
    this.#shown.set(name, { ...this.#shown.get(name), object });
    this.#show(name);
  }

  tell(name: string, state: SinkState): void {
    this.#shown.set(name, { ...this.#shown.get(name), state });
    this.#show(name);
  }

  forget(name: string): void {
    this.#shown.delete(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#retrying) clearTimeout(timer);
    await this.#writing;
  }

  #show(name: string): void {
    this.#writing = this.#writing.then(() => this.#write(name));
  }

  async #write(name: string): Promise<void> {
    const { kube, namespace, log, now } = this.#options;
    const { object, state } = this.#shown.get(name) ?? {};
    if (this.#isClosed || !object || !state) return;
    const { data: before = {} } = sinkResourceStatus.safeParse(object['status'] ?? {});
    const status = statusOf(state, before, object.metadata.generation ?? 0, now());
    if (JSON.stringify(status) === JSON.stringify(sorted(before))) return;
    try {
      const written = await kube.patch({ ...sinkKind, namespace, name }, { status }, { subresource: 'status' });
      const shown = this.#shown.get(name);
      if (written && shown) this.#shown.set(name, { ...shown, object: written });
    } catch (error) {
      log.warn({ sink: name, reason: explain(error) }, 'status of a sink could not be written; tried again');
      const timer = setTimeout(() => {
        this.#retrying.delete(timer);
        this.#show(name);
      }, againMs);
      this.#retrying.add(timer);
    }
  }
}

function statusOf(
  { phase, message }: SinkState,
  before: SinkResourceStatus,
  generation: number,
  at: Date,
): SinkResourceStatus {
  const isReady = phase === 'Ready';
  const ready = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason: isReady ? 'Running' : phase === 'Refused' ? 'Refused' : 'Failing',
    message,
    generation,
  } as const;
  return sorted({
    observedGeneration: generation,
    phase,
    conditions: setCondition(before.conditions ?? [], ready, at),
  });
}

/** The server gives members in an order of its own. */
function sorted({ observedGeneration, phase, conditions = [] }: SinkResourceStatus): SinkResourceStatus {
  return {
    observedGeneration,
    phase,
    conditions: conditions.map(({ type, status, observedGeneration: of, lastTransitionTime, reason, message }) => ({
      type,
      status,
      observedGeneration: of,
      lastTransitionTime,
      reason,
      message,
    })),
  };
}

// The memories of targets: one at work at a time for each, the last used ones kept.
import { InvalidInput } from '@assay/contracts';
import type { LedgerStore } from '@assay/store';
import { Memory } from './memory.ts';

export interface MemoriesOptions {
  /** Most findings kept in memory together, about 50 bytes each; the target at work is kept whatever its size. */
  maxFindings: number;
}

export class Memories {
  readonly #store: LedgerStore;
  readonly #maxFindings: number;
  /** In the order they were last used. */
  readonly #memories = new Map<string, Memory>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(store: LedgerStore, { maxFindings }: MemoriesOptions) {
    this.#store = store;
    this.#maxFindings = maxFindings;
  }

  /** Works on a target, alone in this process. What fails forgets the memory: it may not be what is stored. */
  with<T>(target: string, work: (memory: Memory) => Promise<T>): Promise<T> {
    const before = this.#turns.get(target) ?? Promise.resolve();
    const turn = before.then(() => this.#turn(target, work));
    const settled = turn.catch(() => {});
    this.#turns.set(target, settled);
    settled.then(() => {
      if (this.#turns.get(target) === settled) this.#turns.delete(target);
    });
    return turn;
  }

  async #turn<T>(target: string, work: (memory: Memory) => Promise<T>): Promise<T> {
    const memory = this.#memories.get(target) ?? (await Memory.load(target, this.#store));
    this.#memories.delete(target);
    try {
      const result = await work(memory);
      this.#memories.set(target, memory);
      this.#evict(target);
      return result;
    } catch (error) {
      if (error instanceof InvalidInput) this.#memories.set(target, memory);
      throw error;
    }
  }

  #evict(current: string): void {
    let size = 0;
    for (const memory of this.#memories.values()) size += memory.findings.size;
    for (const [target, memory] of this.#memories) {
      if (size <= this.#maxFindings) return;
      if (target === current) continue;
      this.#memories.delete(target);
      size -= memory.findings.size;
    }
  }
}

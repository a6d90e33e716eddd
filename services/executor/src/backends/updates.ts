// Updates of a run in order, kept until they are read: whoever makes them need not wait for the reader.
import type { TaskUpdate } from '../backend.ts';

export class Updates implements AsyncIterable<TaskUpdate> {
  readonly #kept: TaskUpdate[] = [];
  #ended: { error?: unknown } | undefined;
  #wake: () => void = () => {};

  push(update: TaskUpdate): void {
    this.#kept.push(update);
    this.#wake();
  }

  end(error?: unknown): void {
    this.#ended = error === undefined ? {} : { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TaskUpdate> {
    for (;;) {
      const update = this.#kept.shift();
      if (update) {
        yield update;
        continue;
      }
      if (this.#ended) {
        if ('error' in this.#ended) throw this.#ended.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

// Returns batches to the run, many in a request.
import type { Client } from '../client.ts';
import type { Io } from '../io.ts';
import { patiently } from './patiently.ts';
import type { Delta } from './said.ts';

export interface ReturnedBatch {
  sequence: number;
  /** Absent: nothing to add. */
  enrichments?: (Delta & { positions: number[] })[];
}

export interface Returning {
  run: string;
  step: string;
  /** How long the gateway is waited for. Seconds. */
  timeout: number;
}

/** One request. The gateway takes 256 batches and 8 MiB. */
const maxRequestBatches = 256;
const maxRequestChars = 2 * 1024 * 1024;

export class BatchReturner {
  readonly #io: Io;
  readonly #client: Client;
  readonly #returning: Returning;
  #waiting: ReturnedBatch[] = [];
  #chars = 0;

  constructor(io: Io, client: Client, returning: Returning) {
    this.#io = io;
    this.#client = client;
    this.#returning = returning;
  }

  async add(batch: ReturnedBatch): Promise<void> {
    const { length } = JSON.stringify(batch);
    if (this.#waiting.length >= maxRequestBatches || this.#chars + length > maxRequestChars) await this.flush();
    this.#waiting.push(batch);
    this.#chars += length;
  }

  /** Sends what waits; before it nothing is sure to have been returned. */
  async flush(): Promise<void> {
    const batches = this.#waiting;
    if (batches.length === 0) return;
    [this.#waiting, this.#chars] = [[], 0];
    const { run, step, timeout } = this.#returning;
    await patiently(this.#io, timeout, () =>
      this.#client.request('POST', `/api/v1/runs/${encodeURIComponent(run)}/findings/returned`, {
        json: { step, batches },
        // The same batch twice is one event.
        isRepeatable: true,
        timeoutMs: 120_000,
      }),
    );
  }
}

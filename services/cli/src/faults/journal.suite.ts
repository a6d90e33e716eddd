// What was done to the platform, and when: printed with a failure, so that it can be done again.

export class Journal {
  readonly seed: number;
  readonly #began = performance.now();
  #lines: string[] = [];

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Begins a new page: what came before was well. */
  turn(title: string): void {
    this.#lines = [];
    this.note(title);
  }

  note(what: string): void {
    this.#lines.push(`${((performance.now() - this.#began) / 1000).toFixed(3).padStart(9)} s  ${what}`);
  }

  /** The error with all that was done before it, and what was said last. */
  explain(error: unknown, said: readonly string[] = []): Error {
    const page = [`ASSAY_FAULTS_SEED=${this.seed}; what was done:`, ...this.#lines, 'what was said:', ...said].join(
      '\n',
    );
    const told = error instanceof Error ? error : new Error(String(error));
    told.message = `${told.message}\n\n${page}`;
    return told;
  }
}

/** Asks until there is an answer. Throws with what it waited for, and `state` if given, after so many seconds. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { seconds = 90, state }: { seconds?: number; state?: () => unknown } = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      const seen = state ? `; there is ${JSON.stringify(await state())}` : '';
      throw new Error(`${what}: not within ${seconds} s${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

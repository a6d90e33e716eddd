// The three ways a thing goes wrong. Every error says what happened and what to do, in one or two sentences.

/** What an error may carry besides its sentence. */
export interface ErrorDetails {
  /** Stable, dotted, e.g. "report.truncated". */
  code: string;
  cause?: unknown;
}

export abstract class AssayError extends Error {
  readonly code: string;
  constructor(message: string, details: ErrorDetails) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
  }
}

/** The input is wrong and will be wrong again: dead-lettered at once, 4xx over HTTP, exit 1 or 2 from the CLI. */
export class InvalidInput extends AssayError {}

/** It may work later: retried with backoff, 503 over HTTP. */
export class Transient extends AssayError {
  /** When to try again. Milliseconds; undefined: the caller's backoff decides. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, details: ErrorDetails & { retryAfterMs?: number }) {
    super(message, details);
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A mistake of ours: retried a few times in case it is not, then dead-lettered; 500 over HTTP. */
export class Fault extends AssayError {}

/** The error's own words, with its causes': "could not open x: ENOENT". Never a stack. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}

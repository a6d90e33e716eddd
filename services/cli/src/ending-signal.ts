// What the process's signals mean to a command: the first one asks it to end, another one later ends it at once.
import type { EventEmitter } from 'node:events';

/** A signal often comes twice: to the whole process group, and forwarded by whoever started us. Milliseconds. */
const oneSignalMs = 2000;

export interface EndingOptions {
  /** Called when somebody asks again: they do not want to wait. */
  endAtOnce(): void;
  /** Milliseconds that only grow. */
  now?: () => number;
}

/** Aborted by the first SIGINT or SIGTERM. */
export function endingSignal(process: Pick<EventEmitter, 'on'>, options: EndingOptions): AbortSignal {
  const { endAtOnce, now = () => performance.now() } = options;
  const ending = new AbortController();
  let firstAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (!ending.signal.aborted) {
        firstAt = now();
        ending.abort(new Error(signal));
      } else if (now() - firstAt >= oneSignalMs) endAtOnce();
    });
  }
  return ending.signal;
}

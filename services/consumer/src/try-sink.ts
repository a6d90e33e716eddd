// One sample through an open sink, and what came of it.
import { DeliveryOutcome, InvalidInput, Transient } from '@assay/contracts';
import { previewOf } from './dry-sink.ts';
import type { Sink, SinkItem } from './sink.ts';

export interface TestOptions {
  /** Of the delivery. */
  id: string;
  /** Only makes the sample. */
  isDry: boolean;
  /** Longest wait. Milliseconds. */
  timeoutMs: number;
}

export interface Tested {
  /** DELIVERED, DRY, REFUSED (it will never be taken as it is) or FAILED (it may be later). */
  outcome: DeliveryOutcome;
  /** Why it was not delivered. */
  reason: string;
  /** What a dry run would have delivered. */
  preview: string;
}

export interface Words {
  /** An error's words without secrets. */
  describe(error: unknown): string;
  /** A text without secrets. */
  redact(text: string): string;
}

/** Most characters of a preview. */
const maxPreview = 16_384;

/** Never throws. `borrow` opens the sink, or lends the one that is open. */
export async function trySink(
  borrow: (use: (sink: Sink) => Promise<string>) => Promise<string>,
  sample: SinkItem,
  { id, isDry, timeoutMs }: TestOptions,
  { describe, redact }: Words,
): Promise<Tested> {
  const signal = AbortSignal.timeout(timeoutMs);
  const work = borrow(async (sink) => {
    const info = { id, attempt: 1, signal };
    if (isDry) return previewOf(sink, [sample], info);
    await sink.deliver([sample], info);
    return '';
  });
  try {
    const preview = await unlessAborted(work, signal, timeoutMs);
    const outcome = isDry ? DeliveryOutcome.DRY : DeliveryOutcome.DELIVERED;
    return { outcome, reason: '', preview: redact(preview).slice(0, maxPreview) };
  } catch (error) {
    const outcome = error instanceof InvalidInput ? DeliveryOutcome.REFUSED : DeliveryOutcome.FAILED;
    return { outcome, reason: describe(error), preview: '' };
  }
}

// A sink that waits for a lock or for its turn hears of no signal.
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(new Transient(`nothing came of it in ${timeoutMs / 1000} s`, { code: 'sink.test-timeout' }));
    signal.addEventListener('abort', giveUp, { once: true });
  });
  return Promise.race([work, aborted]);
}

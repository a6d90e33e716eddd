// What the steps of a task write: told piece by piece while they run, and kept whole in the blob store before the pod
// goes. Pieces begin and end with lines, so that a secret is seen whole and hidden.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore } from '@assay/blobs';
import { InvalidInput, type StepLog, Transient } from '@assay/contracts';
import type { Kube } from '@assay/kube';
import { logTail, readableLog } from '../readable-log.ts';

/** A piece is told at the latest when it is this long. Bytes. */
const maxPieceBytes = 32 * 1024;
/** Between two looks at a container that has not begun. Milliseconds. */
const lookAgainMs = 500;
const keyEnd = /-----END [A-Z ]*PRIVATE KEY-----/;
const keyBegin = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

export interface Piece {
  readonly step: string;
  /** Bytes of the step's log before it. */
  readonly offset: number;
  readonly text: string;
}

export interface FollowedStep {
  /** What people read: "scan", or "scan 2" for the second try. */
  readonly step: string;
  readonly pod: string;
  readonly container: string;
}

export interface LogSettings {
  readonly kube: Kube;
  readonly blobs: BlobStore;
  readonly namespace: string;
  /** What is kept and told of one step. Bytes. */
  readonly maxBytes: number;
  /** Values that must not be seen. */
  readonly secrets: readonly string[];
}

/**
 * Follows one step to its end; undefined: it never began, or its pod is gone before anything was read. Ends early, with
 * what there is, when the signal aborts.
 */
export async function followStep(
  { step, pod, container }: FollowedStep,
  { kube, blobs, namespace, maxBytes, secrets }: LogSettings,
  tell: (piece: Piece) => void,
  signal: AbortSignal,
): Promise<{ log: StepLog; tail: string } | undefined> {
  const kept: string[] = [];
  let size = 0;
  let isTruncated = false;
  const take = (raw: string): void => {
    if (raw === '' || isTruncated) return;
    const text = readableLog(raw, secrets);
    const bytes = Buffer.byteLength(text);
    isTruncated = size + bytes > maxBytes;
    if (isTruncated || bytes === 0) return;
    tell({ step, offset: size, text });
    kept.push(text);
    size += bytes;
  };
  let hasBegun = false;
  while (!hasBegun && !signal.aborted) {
    const lines = new Lines(take);
    try {
      for await (const chunk of kube.logs({ namespace, pod, container, follow: true, signal })) {
        hasBegun = true;
        lines.push(chunk);
        if (isTruncated) break;
      }
      hasBegun = true;
    } catch (error) {
      if (error instanceof InvalidInput) break;
      if (!(error instanceof Transient) && !signal.aborted) throw error;
      // What was told stays told: an interrupted log is not begun anew.
      if (hasBegun) break;
      await sleep(lookAgainMs, undefined, { signal }).catch(() => {});
    } finally {
      lines.end();
    }
  }
  if (kept.length === 0 && !hasBegun) return undefined;
  const text = kept.join('');
  const blob = await blobs.put(Buffer.from(text), { mediaType: 'text/plain' });
  return { log: { step, blob, truncated: isTruncated }, tail: logTail(text, secrets) };
}

/** Cuts a stream of bytes into runs of whole lines; a private key stays in one piece with its end. */
class Lines {
  readonly #take: (text: string) => void;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(take: (text: string) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    const end = this.#text.lastIndexOf('\n') + 1;
    const whole = this.#text.slice(0, end);
    const isOpenKey = keyBegin.test(whole) && !keyEnd.test(whole);
    if ((end > 0 && !isOpenKey) || this.#text.length > maxPieceBytes) this.#give(end > 0 ? end : this.#text.length);
  }

  end(): void {
    this.#text += this.#decoder.decode();
    this.#give(this.#text.length);
  }

  #give(length: number): void {
    let rest = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    while (rest.length > maxPieceBytes) {
      const cut = rest.lastIndexOf('\n', maxPieceBytes) + 1 || maxPieceBytes;
      this.#take(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
    this.#take(rest);
  }
}

// Findings into batches: each finding encoded once, its identity and severity beside it.
import {
  type Batch,
  findingType,
  identityBytes,
  maxBatchBytes,
  maxBatchFindings,
  type Step,
  type Target,
  Transition,
} from '@assay/contracts';
import type { IdentifiedFinding } from './read-findings.ts';

/** What all batches of a report say. */
export interface BatchHead {
  reportId: string;
  runId: string;
  target: Target;
  revision: string;
  scope: string;
  steps: Step[];
}

/** Room for what is in a batch beside its findings, so that the whole event stays below the claim check. Bytes. */
const margin = 32 * 1024;

export class FindingBatcher {
  readonly #head: BatchHead;
  #index = 0;
  #tool: IdentifiedFinding['tool'] | undefined;
  #findings: Uint8Array[] = [];
  #bytes = 0;
  readonly #identities = Buffer.alloc(maxBatchFindings * identityBytes);
  readonly #severities = new Uint8Array(maxBatchFindings);

  constructor(head: BatchHead) {
    this.#head = head;
  }

  /** Batches taken so far. */
  get count(): number {
    return this.#index;
  }

  /** Adds a finding; gives the batch before it when that is full or of another tool. */
  add({ finding, identity, severity, tool }: IdentifiedFinding): Batch | undefined {
    const bytes = findingType.encode(finding);
    const isFull =
      this.#findings.length === maxBatchFindings ||
      this.#bytes + bytes.length > maxBatchBytes - margin ||
      (this.#tool !== undefined && tool !== this.#tool);
    const full = isFull ? this.take() : undefined;
    this.#tool = tool;
    const position = this.#findings.length;
    this.#identities.write(identity, position * identityBytes, 'latin1');
    this.#severities[position] = severity;
    this.#findings.push(bytes);
    this.#bytes += bytes.length;
    return full;
  }

  /** What has gathered; undefined when nothing has. */
  take(): Batch | undefined {
    const { length } = this.#findings;
    if (length === 0) return undefined;
    const batch: Batch = {
      ...this.#head,
      tool: this.#tool,
      index: this.#index++,
      findings: this.#findings,
      identities: Uint8Array.from(this.#identities.subarray(0, length * identityBytes)),
      severities: this.#severities.slice(0, length),
      enrichments: [],
      transition: Transition.UNSPECIFIED,
    };
    this.#findings = [];
    this.#bytes = 0;
    return batch;
  }
}

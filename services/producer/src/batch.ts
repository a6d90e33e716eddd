// Findings into batches: each finding encoded once, its identity and severity beside it. A batch is of one severity, as
// the stages behind route by it: mixed ones would have to be split there into several times as many events.
import {
  type Batch,
  FindingsWriter,
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

/** What has gathered of one severity. */
interface Gathering {
  tool: IdentifiedFinding['tool'];
  findings: FindingsWriter;
  bytes: number;
  identities: string;
}

export class FindingBatcher {
  readonly #head: BatchHead;
  #count = 0;
  readonly #gatherings = new Map<number, Gathering>();

  constructor(head: BatchHead) {
    this.#head = head;
  }

  /** Batches given so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds a finding; gives the batch of its severity before it when that is full or of another tool. */
  add({ finding, identity, severity, tool }: IdentifiedFinding): Batch | undefined {
    const before = this.#gatherings.get(severity);
    const hasRoom = before?.tool === tool && before.findings.count < maxBatchFindings;
    const bytes = hasRoom ? before.findings.add(finding) : 0;
    if (hasRoom && before.bytes + bytes <= maxBatchBytes - margin) {
      before.bytes += bytes;
      before.identities += identity;
      return undefined;
    }
    const findings = new FindingsWriter();
    this.#gatherings.set(severity, { tool, findings, bytes: findings.add(finding), identities: identity });
    return before && this.#batch(severity, before, before.findings.findings(hasRoom));
  }

  /** What has gathered, worst first. */
  rest(): Batch[] {
    const gathered = [...this.#gatherings].sort(([a], [b]) => b - a);
    this.#gatherings.clear();
    return gathered.map(([severity, gathering]) => this.#batch(severity, gathering, gathering.findings.findings()));
  }

  #batch(severity: number, { tool, identities }: Gathering, findings: Uint8Array[]): Batch {
    return {
      ...this.#head,
      tool,
      index: this.#count++,
      findings,
      identities: Buffer.from(identities, 'latin1'),
      severities: new Uint8Array(findings.length).fill(severity),
      enrichments: [],
      transition: Transition.UNSPECIFIED,
    };
  }
}

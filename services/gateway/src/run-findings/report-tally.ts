// How much of a run's findings has come: per report, what it has by report.parsed and what was seen of it.
import { hash } from 'node:crypto';
import { type Batch, type ReportParsed, token } from '@assay/contracts';

/** Most sentences about what is missing. */
const maxSentences = 100;

interface ReportProgress {
  parsed?: ReportParsed;
  findings: number;
  /** What was counted: a batch may be published again, and in parts. */
  readonly parts: Set<string>;
}

export class ReportTally {
  readonly #reports: Map<string, ReportProgress>;
  readonly #step: string | undefined;

  /** `step`: findings that wait for it are counted; else those that passed every step. */
  constructor(reportIds: Iterable<string>, step: string | undefined) {
    this.#reports = new Map([...reportIds].map((id) => [id, { findings: 0, parts: new Set() }]));
    this.#step = step;
  }

  knows(reportId: string): boolean {
    return this.#reports.has(reportId);
  }

  noteParsed(parsed: ReportParsed): void {
    const report = this.#reports.get(parsed.reportId);
    if (report) report.parsed = parsed;
  }

  /** False: these findings were counted already, or are of no report that is asked for. */
  count({ reportId, index, identities, findings }: Batch): boolean {
    const report = this.#reports.get(reportId);
    const part = `${index}/${hash('sha256', identities).slice(0, 32)}`;
    if (!report || report.parts.has(part)) return false;
    report.parts.add(part);
    report.findings += findings.length;
    return true;
  }

  /** Nothing more can come. */
  get isSettled(): boolean {
    const reports = [...this.#reports.values()];
    return (
      reports.every(({ parsed, findings }) => parsed !== undefined && findings >= parsed.findings) ||
      reports.some(({ parsed }) => parsed !== undefined && this.#passesBy(parsed))
    );
  }

  get parsed(): ReportParsed[] {
    return [...this.#reports.values()].flatMap(({ parsed }) => parsed ?? []);
  }

  /** One sentence for each report that lacks something. */
  missing(): string[] {
    return [...this.#reports].flatMap(([id, report]) => this.#lack(id, report) ?? []).slice(0, maxSentences);
  }

  #lack(id: string, { parsed, findings }: ReportProgress): string | undefined {
    if (!parsed) return `report ${id} was not read yet: see the dead letters of the producer`;
    const name = `report ${id} of ${parsed.tool?.name ?? parsed.format}`;
    if (this.#passesBy(parsed)) {
      const steps = parsed.steps.join(', ') || 'no step';
      return `the findings of ${name} do not pass the step "${this.#step}", but ${steps}`;
    }
    if (findings >= parsed.findings) return undefined;
    const end = this.#step === undefined ? 'through every step' : `as far as the step "${this.#step}"`;
    return `${name}: ${parsed.findings - findings} of ${parsed.findings} findings did not come ${end}`;
  }

  #passesBy({ findings, steps }: ReportParsed): boolean {
    return this.#step !== undefined && findings > 0 && !steps.some((name) => token(name) === this.#step);
  }
}

// The count of a report: what became of every record, and why. raw = findings + merged + filtered, or it is a fault.
import { Completeness, Fault, type Severity, severityNames } from '@assay/contracts';
import type { Parsing } from './adapter.ts';
import { plainLine } from './plain-line.ts';
import type { Redactor } from './redact.ts';

const maxNotes = 100;
const maxNoteChars = 500;
const maxToolChars = 100;

export class Tally implements Parsing {
  raw = 0;
  findings = 0;
  readonly merged: Record<string, number> = {};
  readonly filtered: Record<string, number> = {};
  readonly severities: Record<string, number> = {};
  completeness: Completeness = Completeness.COMPLETE;
  /** Who made the report, as far as it has said; lower-case. */
  toolName = '';
  toolVersion = '';
  readonly #notes: string[] = [];
  #unnoted = 0;
  readonly #redactor: Redactor;
  readonly #sourceRoot: string;

  constructor(redactor: Redactor, sourceRoot: string) {
    this.#redactor = redactor;
    this.#sourceRoot = sourceRoot.slice(0, 4096).replace(/\/+$/, '');
  }

  record(): void {
    this.raw++;
  }

  filter(reason: string): void {
    increase(this.filtered, reason);
  }

  merge(reason: string): void {
    increase(this.merged, reason);
  }

  /** One more record is a finding of this severity. */
  found(severity: Severity): void {
    this.findings++;
    increase(this.severities, severityNames.of(severity));
  }

  tool(name: string, version: string): void {
    this.toolName = toolWord(name, this.#redactor).toLowerCase() || this.toolName;
    this.toolVersion = toolWord(version, this.#redactor) || this.toolVersion;
  }

  partial(note: string): void {
    if (this.completeness === Completeness.COMPLETE) this.completeness = Completeness.PARTIAL;
    this.note(note);
  }

  failed(note: string): void {
    this.completeness = Completeness.FAILED;
    this.note(note);
  }

  note(note: string): void {
    // The root is a path of somebody's machine and says nothing.
    const shown = this.#redactor.shown(note);
    const line = plainLine(
      this.#sourceRoot === '' ? shown : shown.replaceAll(`${this.#sourceRoot}/`, ''),
      maxNoteChars,
    );
    if (line === '' || this.#notes.includes(line)) return;
    if (this.#notes.length < maxNotes) this.#notes.push(line);
    else this.#unnoted++;
  }

  get notes(): string[] {
    if (this.#unnoted === 0) return [...this.#notes];
    return [...this.#notes.slice(0, maxNotes - 1), `and ${this.#unnoted + 1} more`];
  }

  /** What is missing on the right side: records that were begun and became nothing. */
  get unaccounted(): number {
    return this.raw - this.findings - sum(this.merged) - sum(this.filtered);
  }

  /** Throws Fault when the counts do not add up. */
  check(adapter: string): void {
    if (this.unaccounted === 0) return;
    throw new Fault(
      `The ${adapter} adapter counted ${this.raw} records, but ${this.findings} became findings, ${sum(this.merged)} were merged and ${sum(this.filtered)} filtered; each record() needs exactly one of these.`,
      { code: 'report.tally' },
    );
  }
}

/** A tool's name or version, as a report gives it, fit for every event of the report. */
export function toolWord(given: string, redactor: Redactor): string {
  return plainLine(redactor.shownOften(given), maxToolChars);
}

export function sum(counts: Readonly<Record<string, number>>): number {
  let total = 0;
  for (const key in counts) total += counts[key] ?? 0;
  return total;
}

function increase(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

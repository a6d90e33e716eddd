// What a VEX document says, whatever its format: about a vulnerability, in places, a status and why.
import type { Component } from './component.ts';

export type Status = 'not_affected' | 'false_positive' | 'fixed' | 'affected' | 'under_investigation';

export interface Statement {
  /** Names of the vulnerability, upper-case. */
  readonly vulnerabilities: readonly string[];
  readonly status: Status;
  /** When it was made: milliseconds since 1970; -Infinity when the document does not say. */
  readonly time: number;
  /** The machine-readable reason, e.g. "vulnerable_code_not_present"; "" when none is given. */
  readonly justification: string;
  /** In words why it is so, or what to do when it is affected. */
  readonly words: string;
  /** Id of the document. */
  readonly document: string;
  readonly places: readonly Place[];
}

/** A product, or parts in it that the vulnerability comes from. */
export interface Place {
  readonly product: Component;
  /** None: the statement is about the product itself. */
  readonly parts: readonly Component[];
}

/** Longest text that is kept of a statement. Characters. */
const maxWords = 1024;

/** A text of a document, in one line and bounded. */
export function bounded(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, maxWords);
}

export function timeOf(...texts: string[]): number {
  for (const text of texts) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return time;
  }
  return Number.NEGATIVE_INFINITY;
}

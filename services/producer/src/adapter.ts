// What an adapter is: it turns one format's reports into finding drafts, streaming, and counts every record.
import type { Draft, Finding } from '@assay/contracts';

/** A report to read. Can be opened more than once: two passes cost less than keeping a report in memory. */
export interface Report {
  open(): AsyncIterable<Uint8Array>;
  /** Folder that absolute paths in the report start with; "" when unknown. */
  readonly sourceRoot: string;
}

/** What an adapter yields: a finding as the tool said it, and what is needed to know it again. */
export interface FindingDraft extends Draft<Finding> {
  /** The flagged lines as they stand in the source; identity is made of them rather than of line numbers. */
  content?: string;
  /** The tool's own stable fingerprint (SARIF partialFingerprints); used instead of `content`. */
  fingerprint?: string;
  /** Which part of the target it is in, where no path says so: a workload of a cluster. Part of its identity. */
  within?: string;
  /** Values that must not be seen: replaced in every text of this finding, by a keyed hash in its identity. */
  secrets?: readonly string[];
  /** Who made this finding, where it is not the tool that made the report's first: a SARIF file of several tools. */
  tool?: { readonly name: string; readonly version: string };
}

/** The adapter's side of the tally. raw = findings + merged + filtered is checked by the caller. */
export interface Parsing {
  /** One more record, as the tool's own format counts them; call it before deciding what becomes of it. */
  record(): void;
  /** The record is no finding: a pass, a note of absence. */
  filter(reason: string): void;
  /** The record says what another one of this report said. */
  merge(reason: string): void;
  /** Who made the report. The name is lower-cased; empty values are ignored. */
  tool(name: string, version: string): void;
  /** The scan did not cover everything, e.g. "could not parse src/a.py: invalid syntax". Closes nothing then. */
  partial(note: string): void;
  /** The report says that the tool failed as a whole. */
  failed(note: string): void;
  /** What else the tool said that people should see. */
  note(note: string): void;
}

/** The start of a report, to recognise its format by content, never by file name. */
export interface Sample {
  /**
   * "lines": several JSON objects, one behind the other. One alone is "object": an adapter of JSON lines takes both.
   * "binary": holds bytes that no text does.
   */
  readonly root: 'object' | 'array' | 'lines' | 'xml' | 'binary' | 'empty' | 'other';
  /** Member names of the top-level object, or of the first element of the top-level array, or of the first line. */
  readonly keys: ReadonlySet<string>;
  /** First 64 KiB as text. */
  readonly text: string;
  /** XML's root element; absent when it is not within those, or stands behind a DTD, which no report needs. */
  readonly element?: XmlRoot;
  /** First 64 KiB as they are: what is not text is recognised by them. */
  readonly bytes?: Uint8Array;
}

/** What an XML document is: its root element. */
export interface XmlRoot {
  /** Without a prefix: "bom" of <b:bom>. */
  readonly name: string;
  /** "" without one. */
  readonly namespace: string;
}

export interface Adapter {
  /** Format name: the subject's last token and the value of --format, e.g. "gosec". */
  readonly name: string;
  /** One line for people, e.g. "gosec JSON (-fmt json)". */
  readonly title: string;
  recognises(sample: Sample): boolean;
  /**
   * Yields findings one by one, or some at a time (a generator over what jsonItems gave), which costs less where there
   * are many; they are taken from it in order, before the next is asked for. Throws InvalidInput with code "report.*"
   * when the report is not of this format or ends too early.
   */
  parse(report: Report, parsing: Parsing): AsyncIterable<FindingDraft | Iterable<FindingDraft>>;
}

/** What `parse` yielded, as some findings. */
export function draftsOf(yielded: FindingDraft | Iterable<FindingDraft>): Iterable<FindingDraft> {
  return Symbol.iterator in yielded ? yielded : [yielded];
}

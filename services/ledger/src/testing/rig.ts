// A ledger over a real store, for specs: events in, what it says out, in words.
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  assessmentNames,
  type Batch,
  batchType,
  Completeness,
  type Event,
  findingAt,
  findingEnriched,
  findingType,
  type Outgoing,
  type ReportParsed,
  type RunAssessed,
  reportParsed,
  Severity,
  severityNames,
  type Topic,
  transitionNames,
} from '@assay/contracts';
import { createLog } from '@assay/runtime';
import { openStore, type Store } from '@assay/store';
import { closeReport } from '../close-report.ts';
import { Memories } from '../memories.ts';
import type { LedgerContext } from '../resources.ts';
import { takeInFindings } from '../take-in-findings.ts';

export interface BatchDraft {
  report?: string;
  run?: string;
  target?: string;
  tool?: string;
  scope?: string;
  index?: number;
  severity?: Severity;
  /** Names of findings; "a~" is accepted by its source, "a:7" is at line 7. */
  findings: string;
  /** When the report's scan was, in hours of a day. */
  at?: number;
  /** They are the same whichever tool reports them; with names: those. */
  isShared?: boolean | string;
}

export class Rig {
  readonly store: Store;
  readonly url: string;
  clock = hour(48);
  readonly #folder: string;

  private constructor(store: Store, url: string, folder: string) {
    this.store = store;
    this.url = url;
    this.#folder = folder;
  }

  /** Over a SQLite file of its own, or the store of a URL, which must be empty. */
  static async open(url?: string): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), 'assay-ledger-'));
    const address = url ?? `sqlite:${folder}/assay.db`;
    return new Rig(await openStore(address), address, folder);
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(this.#folder, { recursive: true });
  }

  /** A replica of the ledger that has just started. */
  replica({ store = this.store, maxFindings = 1_000_000 } = {}): LedgerContext {
    return {
      config: { assessAfterMs: 60_000, keepScansMs: 24 * 3_600_000 },
      resources: { store, memories: new Memories(store.ledger, { maxFindings }) },
      blobs: undefined as never,
      log: createLog('silent'),
      now: () => new Date(this.clock),
      signal: new AbortController().signal,
    };
  }

  /** Findings of the store as "state severity name", or as a run saw them as "transition severity name". */
  async findings(run?: string): Promise<string[]> {
    const { items } = await this.store.findings.list({ limit: 1000, ...(run ? { run } : {}) });
    return items.map(({ state, transition, severity, title }) => `${transition ?? state} ${severity} ${title}`).sort();
  }
}

/** An hour of 1 January 2026, in milliseconds. */
export function hour(hours: number): number {
  return Date.UTC(2026, 0, 1) + hours * 3_600_000;
}

export function event<T>(topic: Topic<T>, id: string, data: T, at = 1): Event<T> {
  const time = new Date(hour(at)).toISOString();
  return { id, topic, source: 'test', subject: `assay.${topic.name}`, time, attempt: 1, data };
}

export function enriched(draft: BatchDraft): Event<Batch> {
  const {
    report = 'r1',
    target = 'shop',
    tool = 'gosec',
    scope = '',
    severity = Severity.HIGH,
    index = 0,
    at = 1,
  } = draft;
  const names = draft.findings.split(' ').filter(Boolean);
  const batch: Batch = {
    ...batchType.create({
      reportId: report,
      runId: draft.run ?? report,
      target: { name: target, kind: 'repository' },
      revision: `revision of ${report}`,
      tool: { name: tool, version: '1' },
      scope,
      index,
      severities: new Uint8Array(names.length).fill(severity),
      identities: Buffer.from(names.map((name) => hash('sha256', titleOf(name)).slice(0, 32)).join(''), 'hex'),
    }),
    findings: names.map((name) =>
      findingType.encode({
        rule: 'R1',
        title: titleOf(name),
        severity,
        location: { path: 'main.go', startLine: Number(name.split(':')[1] ?? 1) },
        ...(name.endsWith('~') ? { suppression: { kind: 'in-source' } } : {}),
      }),
    ),
  };
  const { isShared = false } = draft;
  if (isShared) {
    const some = isShared === true ? [] : isShared.split(' ').map((name) => names.indexOf(name));
    batch.enrichments = [
      { step: 'deduplicate', positions: some, annotations: {}, owners: [], severity: 0, anyTool: true },
    ];
  }
  return event(findingEnriched, `batch ${report} ${index} ${severity} ${draft.findings}`, batch, at);
}

export interface ParsedDraft {
  report?: string;
  run?: string;
  target?: string;
  tool?: string;
  scope?: string;
  findings: number;
  completeness?: Completeness;
  at?: number;
  more?: Partial<ReportParsed>;
}

export function parsed(draft: ParsedDraft): Event<ReportParsed> {
  const { report = 'r1', target = 'shop', tool = 'gosec', scope = '', findings, at = 1 } = draft;
  const data = reportParsed.message.create({
    reportId: report,
    runId: draft.run ?? report,
    standalone: draft.run === undefined,
    format: tool,
    tool: { name: tool, version: '1' },
    target: { name: target, kind: 'repository' },
    revision: `revision of ${report}`,
    scope,
    raw: findings,
    findings,
    completeness: draft.completeness ?? Completeness.COMPLETE,
    parsedAt: new Date(hour(at)).toISOString(),
    ...draft.more,
  });
  return event(reportParsed, `parsed ${report} ${data.completeness}`, data, at);
}

export type Input = Event<Batch> | Event<ReportParsed>;

/** A report of one batch a severity, and that it is parsed. */
export function report(draft: BatchDraft & { completeness?: Completeness }): Input[] {
  const { completeness, ...batch } = draft;
  const { findings: _, isShared: __, ...facts } = batch;
  const count = draft.findings.split(' ').filter(Boolean).length;
  return [
    enriched(batch),
    parsed({ ...facts, findings: count, ...(completeness === undefined ? {} : { completeness }) }),
  ];
}

export async function handle(context: LedgerContext, input: Input): Promise<Outgoing[]> {
  const outputs =
    input.topic.name === findingEnriched.name
      ? takeInFindings(input as Event<Batch>, context)
      : closeReport(input as Event<ReportParsed>, context);
  const said: Outgoing[] = [];
  for await (const outgoing of outputs) said.push(outgoing);
  return said;
}

/** What was said, a line an event: "opened high a b", "assessed complete". */
export async function tell(context: LedgerContext, ...inputs: Input[]): Promise<string[]> {
  const lines: string[] = [];
  for (const input of inputs) lines.push(...(await handle(context, input)).map(inWords));
  return lines;
}

export function inWords({ topic, data }: Outgoing): string {
  if (topic.name === 'run.assessed') return `assessed ${assessmentNames.of((data as RunAssessed).assessment)}`;
  const batch = data as Batch;
  const titles = batch.findings.map((_, position) => findingAt(batch, position).title);
  return `${transitionNames.of(batch.transition)} ${severityNames.of(batch.severities[0] ?? 0)} ${titles.join(' ')}`;
}

function titleOf(name: string): string {
  return name.replace(/[:~].*$/, '');
}

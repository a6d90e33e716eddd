// finding.changed for what a closing fixed, or left to tools that accept it: whole findings, as they were last seen, from
// the ledger's own contents.
import {
  type Batch,
  type Enrichment,
  emitTotal,
  findingChanged,
  identityBytes,
  maxBatchBytes,
  maxBatchFindings,
  type Outgoing,
  pick,
  type Target,
  Transition,
} from '@assay/contracts';
import { type Entry, type Place, placeAt } from '@assay/store';
import { Contents } from './contents.ts';
import type { LedgerContext } from './resources.ts';
import type { ClosedReport, ClosingEntry } from './settle-report.ts';

export async function* publishFixed(
  { report, closings }: ClosedReport,
  target: Target | undefined,
  context: LedgerContext,
): AsyncIterable<Outgoing> {
  for (const closing of closings) {
    // What goes on without this tool has not changed for anybody else.
    if ((closing.entry.seen?.transitions[0] ?? Transition.UNSPECIFIED) === Transition.UNSPECIFIED) continue;
    yield* publishClosing(closing, report, target, context);
  }
}

async function* publishClosing(
  { entry, tools }: ClosingEntry,
  report: ClosedReport['report'],
  target: Target | undefined,
  context: LedgerContext,
): AsyncIterable<Outgoing> {
  const contents = new Contents(entry.history, context);
  let chunk: Portion[] = [];
  let bytes = 0;
  let ordinal = 0;
  let tool = entry.tool;
  const flush = () =>
    emitTotal(
      findingChanged,
      fixedBatch(chunk, { entry, tool }, report, target),
      `${entry.key}/${report.parsed.parsedAt}/${ordinal++}`,
    );
  for (const position of byTool(entry, tools)) {
    const place = placeAt(entry.seen?.places ?? new Uint8Array(), position);
    const batch = await contents.at(place);
    const size = batch.findings[place.position]?.length ?? 0;
    const next = tools[position] ?? entry.tool;
    const isFull = chunk.length === maxBatchFindings || bytes + size > maxBatchBytes || next !== tool;
    if (chunk.length > 0 && isFull) {
      yield flush();
      chunk = [];
      bytes = 0;
    }
    tool = next;
    chunk.push({ batch, place });
    bytes += size;
  }
  if (chunk.length > 0) yield flush();
}

/** The positions of an entry, those of each tool together. */
function byTool({ seen }: Entry, tools: readonly string[]): number[] {
  const positions = [...(seen?.transitions ?? []).keys()];
  const order = [...new Set(tools)];
  if (order.length < 2) return positions;
  return order.flatMap((tool) => positions.filter((position) => tools[position] === tool));
}

interface Portion {
  batch: Batch;
  place: Place;
}

function fixedBatch(
  portions: readonly Portion[],
  { entry: { severity, runId, isShared, seen }, tool }: { entry: Entry; tool: string },
  { parsed }: ClosedReport['report'],
  target: Target | undefined,
): Batch {
  const identities = new Uint8Array(portions.length * identityBytes);
  const enrichments = new Map<string, Enrichment>();
  portions.forEach(({ batch, place }, index) => {
    const start = place.position * identityBytes;
    identities.set(batch.identities.subarray(start, start + identityBytes), index * identityBytes);
    for (const enrichment of pick(batch, [place.position]).enrichments) {
      const key = JSON.stringify({ ...enrichment, positions: [] });
      const same = enrichments.get(key) ?? { ...enrichment, positions: [] };
      same.positions.push(index);
      enrichments.set(key, same);
    }
  });
  // The words of a shared one may be another tool's.
  const version = (isShared ? undefined : portions[0]?.batch.tool?.version) ?? '';
  return {
    reportId: parsed.reportId,
    runId,
    target,
    revision: parsed.revision,
    scope: parsed.scope,
    tool: { name: tool, version: tool === parsed.tool?.name ? parsed.tool.version : version },
    index: 0,
    findings: portions.map(({ batch, place }) => batch.findings[place.position] ?? new Uint8Array()),
    identities,
    severities: new Uint8Array(portions.length).fill(severity),
    enrichments: [...enrichments.values()],
    steps: [],
    transition: (seen?.transitions[0] ?? Transition.FIXED) as Transition,
  };
}

// finding.changed for what a closing fixed: whole findings, as they were last seen, from the ledger's own contents.
import {
  type Batch,
  type Enrichment,
  emitTotal,
  Fault,
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
import type { LedgerContext } from './resources.ts';
import type { ClosedReport } from './settle-report.ts';

/** Contents kept at hand; a closing's findings lie close together. */
const maxContents = 16;

export async function* publishFixed(
  { report, closings }: ClosedReport,
  target: Target | undefined,
  context: LedgerContext,
): AsyncIterable<Outgoing> {
  const { parsed } = report;
  const contents = new Contents(context);
  for (const entry of closings) {
    let chunk: Portion[] = [];
    let bytes = 0;
    let ordinal = 0;
    const flush = () =>
      emitTotal(
        findingChanged,
        fixedBatch(chunk, entry, report, target),
        `${entry.key}/${parsed.parsedAt}/${ordinal++}`,
      );
    const count = entry.seen?.transitions.length ?? 0;
    for (let position = 0; position < count; position++) {
      const place = placeAt(entry.seen?.places ?? new Uint8Array(), position);
      const batch = await contents.at(entry.history, place);
      const size = batch.findings[place.position]?.length ?? 0;
      if (chunk.length === maxBatchFindings || (chunk.length > 0 && bytes + size > maxBatchBytes)) {
        yield flush();
        chunk = [];
        bytes = 0;
      }
      chunk.push({ batch, place });
      bytes += size;
    }
    if (chunk.length > 0) yield flush();
  }
}

interface Portion {
  batch: Batch;
  place: Place;
}

class Contents {
  readonly #context: LedgerContext;
  readonly #batches = new Map<number, Batch>();

  constructor(context: LedgerContext) {
    this.#context = context;
  }

  async at(history: string, { seq }: Place): Promise<Batch> {
    const known = this.#batches.get(seq);
    if (known) return known;
    const batch = await this.#context.resources.store.ledger.content(history, seq);
    if (!batch) {
      throw new Fault(`the ledger has no content for entry ${history}/${seq}: restore the store from a backup`, {
        code: 'store.content',
      });
    }
    if (this.#batches.size === maxContents) {
      for (const oldest of [...this.#batches.keys()].slice(0, 1)) this.#batches.delete(oldest);
    }
    this.#batches.set(seq, batch);
    return batch;
  }
}

function fixedBatch(
  portions: readonly Portion[],
  { severity, tool, runId }: Entry,
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
  const version = portions[0]?.batch.tool?.version ?? '';
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
    transition: Transition.FIXED,
  };
}

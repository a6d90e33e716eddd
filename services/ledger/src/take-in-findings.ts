// finding.enriched → what became of each finding: opened, recurred, reopened or suppressed. Everything a batch changes
// is one entry of its target's history; a batch that comes again finds its entry and says what it said before.
import { hash } from 'node:crypto';
import { type Batch, type Event, InvalidInput, type Outgoing, pick, Transient, Transition } from '@assay/contracts';
import { type Append, type Entry, FindingMark, numbersOf } from '@assay/store';
import { assessRun } from './assess-run.ts';
import { sharedMask } from './identity-table.ts';
import { type Judgement, judgeBatch } from './judge-batch.ts';
import { witnessNames } from './judge-shared.ts';
import type { Area, Memory } from './memory.ts';
import { publishChanges, type Taken, takenAs } from './publish-changes.ts';
import { publishFixed } from './publish-fixed.ts';
import { checkBatch, type Part, partsOf, rangeOf, readContents } from './read-batch.ts';
import type { LedgerContext } from './resources.ts';
import type { Scan } from './scan.ts';
import { settleReport } from './settle-report.ts';
import { scanBegin } from './times.ts';
import { toldBefore } from './told-before.ts';
import { witnessed } from './witnessed.ts';

/** Times a batch is judged anew because somebody else wrote first. */
const maxConflicts = 5;

export async function* takeInFindings(event: Event<Batch>, context: LedgerContext): AsyncIterable<Outgoing> {
  const batch = event.data;
  checkBatch(batch);
  const { memories } = context.resources;
  const parts = partsOf(batch);
  const { taken, closed } = await memories.with(batch.target?.name ?? '', async (memory) => {
    const scan = await memory.scan(batch.reportId, () => scanBegin(batch.runId, batch.reportId, event.time, context));
    const taken: Taken[] = [];
    for (const part of parts) taken.push(await takeIn(part, event, memory, scan, context));
    return { taken, closed: await settleReport(batch.reportId, event.id, memory, scan, context) };
  });
  // Outside the target's turn: the next batch is judged meanwhile, and one sync does for both.
  await context.resources.store.ledger.settled();
  for (const each of taken) yield* publishChanges(each, context);
  if (!closed) return;
  yield* publishFixed(closed, batch.target, context);
  yield* assessRun(closed.report.parsed.runId || batch.reportId, context);
}

async function takeIn(
  part: Part,
  event: Event<Batch>,
  memory: Memory,
  scan: Scan,
  context: LedgerContext,
): Promise<Taken> {
  const { batch, isShared } = part;
  const key = batchKey(batch);
  const area = memory.area(batch.tool?.name ?? '', batch.scope);
  const contents = readContents(part);
  const at = Date.parse(scan.at);
  for (let attempt = 0; attempt < maxConflicts; attempt++) {
    // First, because reading them may find that others wrote; nothing may come between the rest and the append.
    const newer = await memory.scansAfter(area, at, batch.reportId);
    if (scan.has(key)) {
      const { transitions, places } = await toldBefore(part, key, contents.suppressed, context, memory);
      return takenAs(part, key, transitions, places, memory);
    }
    checkOpen(batch, scan);
    const judgement = judgeBatch(memory, area, batch, contents, { at, newer, isShared });
    const storedAt = context.now().toISOString();
    const append = appendOf(part, { key, event: event.id, at: scan.at, storedAt }, judgement, contents.hashes, memory);
    if (isShared) addWitnesses(append, memory, area);
    if (!(await memory.append(append))) continue;
    return takenAs(part, key, judgement.transitions, judgement.places, memory);
  }
  throw new Transient(`the history of target "${memory.target}" is written by too many at once`, {
    code: 'ledger.contended',
  });
}

/** Names a batch by what it is about, so that it is known again whatever event carries it. */
function batchKey({ reportId, index, severities, identities, tool }: Batch): string {
  const digest = hash('sha256', identities).slice(0, 24);
  return `${reportId}/${index}/${severities[0] ?? 0}/${tool?.name ?? ''}/${digest}`;
}

function appendOf(
  { batch, isShared }: Part,
  { key, event, at, storedAt }: Pick<Entry, 'key' | 'event' | 'at' | 'storedAt'>,
  { transitions, places, kept, firsts, markings }: Judgement,
  hashes: Uint32Array,
  memory: Memory,
): Append {
  const entry: Entry = {
    history: memory.history,
    seq: memory.next,
    key,
    event,
    reportId: batch.reportId,
    runId: batch.runId || batch.reportId,
    revision: batch.revision,
    tool: batch.tool?.name ?? '',
    scope: batch.scope,
    at,
    storedAt,
    severity: batch.severities[0] ?? 0,
    count: batch.findings.length,
    isShared,
    seen: { identities: batch.identities, transitions, places },
  };
  if (kept.length === 0) return { entry, markings };
  const content = pick(batch, kept);
  const keptTransitions = Uint8Array.from(kept, (position) => transitions[position] ?? 0);
  entry.kept = {
    identities: content.identities,
    transitions: keptTransitions,
    marks: keptTransitions.map((transition) =>
      transition === Transition.SUPPRESSED ? FindingMark.SUPPRESSED : FindingMark.OPEN,
    ),
    pointers: new Uint8Array(),
    hashes: numbersOf(kept.map((position) => hashes[position] ?? 0)),
    firsts: numbersOf(firsts),
    ...rangeOf(content.findings),
  };
  return { entry, content: { ...content, steps: [], transition: 0 }, markings };
}

/** What is kept of a shared finding names its witnesses as they are from then on. */
function addWitnesses({ content }: Append, memory: Memory, area: Area): void {
  if (!content) return;
  const names = content.findings.map((_, position) =>
    witnessNames(memory, memory.findings.find(content.identities, position, sharedMask), area),
  );
  content.enrichments = [...content.enrichments, ...witnessed(names)];
}

// A report that proved what is gone is over. Findings that come after it in its name would be closed by nothing.
function checkOpen({ reportId }: Batch, scan: Scan): void {
  if (!scan.closings.some(({ closing }) => closing?.isProof && closing.isLast)) return;
  throw new InvalidInput(
    `report "${reportId}" was complete before this batch of it came: was its id used twice? Give each report an id of its own`,
    { code: 'report.closed' },
  );
}

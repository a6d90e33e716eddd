// report.parsed → the report is remembered; when all its findings are here already, it is closed.
import { type Event, InvalidInput, type Outgoing, type ReportParsed } from '@assay/contracts';
import { assessRun } from './assess-run.ts';
import { publishFixed } from './publish-fixed.ts';
import type { LedgerContext } from './resources.ts';
import { settleReport } from './settle-report.ts';
import { scanBegin, timeOf } from './times.ts';

export async function* closeReport(event: Event<ReportParsed>, context: LedgerContext): AsyncIterable<Outgoing> {
  const parsed = event.data;
  const { reportId, target } = parsed;
  if (reportId === '') throw new InvalidInput('a parsed report has no reportId', { code: 'report.id' });
  if (!target?.name) throw new InvalidInput(`report "${reportId}" has no target.name`, { code: 'report.target' });
  const runId = parsed.runId || reportId;
  const { store, memories } = context.resources;
  const parse = `${event.id} ${parsed.parsedAt}`;
  const report = await store.ledger.putReport(parsed, parse, context.now().toISOString());
  if (report.parsed.target?.name !== target.name) {
    throw new InvalidInput(
      `report id "${reportId}" was used for target "${report.parsed.target?.name}" before: give each report an id of its own`,
      { code: 'report.reused' },
    );
  }
  const news = parsed.standalone ? { standalone: parsed } : { report: `${reportId} ${parse}` };
  await store.ledger.noteRun(runId, news, timeOf(event.time, context.now()));
  const closed = await memories.with(target.name, async (memory) => {
    // Another replica may have taken in what came before this.
    await memory.catchUp();
    const scan = await memory.scan(reportId, () => scanBegin(parsed.runId, reportId, event.time, context));
    return settleReport(reportId, event.id, memory, scan, context);
  });
  if (!closed) return;
  yield* publishFixed(closed, target, context);
  yield* assessRun(runId, context);
}

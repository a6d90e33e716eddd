// Fetches what belongs to an assessed run and prints it; says how the command should end.
import { type RunAssessed, runAssessed, Severity, severityNames } from '@assay/contracts';
import type { StoredFinding } from '@assay/store';
import type { Client } from './client.ts';
import { type ExitCode, exitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { itemsOf } from './listing.ts';
import { printSarif } from './print-sarif.ts';
import { renderRun } from './render-run.ts';
import { isComplete, sum, tallyOf } from './tally.ts';
import { oneLine, toJson } from './terminal-text.ts';

export interface ShowOptions {
  /** "table", "json" or "sarif" */
  output: string;
  /** Most findings shown in a table, and most fixed ones. */
  limit: number;
  /** Name of the least severity that is a failure. */
  failOn?: string;
}

const seen = 'opened,recurred,reopened,suppressed';

export async function showRun(io: Io, client: Client, assessed: RunAssessed, options: ShowOptions): Promise<ExitCode> {
  const closedCount = assessed.transitions['fixed'] ?? 0;
  const seenCount = sum(assessed.transitions) - closedCount;
  const most = options.output === 'table' ? options.limit : Number.MAX_SAFE_INTEGER;
  const findings = await fetchFindings(client, assessed.runId, seen, most, seenCount);
  const fixed = await fetchFindings(client, assessed.runId, 'fixed', most, closedCount);
  const tally = tallyOf({ assessed, found: findings.count, fixed: fixed.count });
  if (options.output === 'json') {
    const { problems, addsUp } = tally;
    const run = runAssessed.message.toJson(assessed);
    await io.out.line(toJson({ run, addsUp, problems, findings: findings.items, fixed: fixed.items }));
  } else if (options.output === 'sarif') await printSarif(io, findings.items);
  else
    await io.out.write(
      renderRun({
        assessed,
        findings: findings.items,
        fixed: fixed.items,
        found: findings.count,
        closed: fixed.count,
        color: io.out.hasColor,
        width: io.out.width,
      }),
    );
  if (options.output !== 'table') for (const problem of tally.problems) io.err.put(`problem: ${oneLine(problem)}\n`);
  if (options.failOn && (await hasAtLeast(client, assessed.runId, options.failOn))) return exitCode.findings;
  return isComplete(assessed, tally) ? exitCode.ok : exitCode.incomplete;
}

// Where only the first are fetched, the ledger's count stands for the rest.
async function fetchFindings(client: Client, run: string, transition: string, most: number, counted: number) {
  const items: StoredFinding[] = [];
  const query = { run, transition };
  for await (const item of itemsOf<StoredFinding>(client, '/api/v1/findings', query, most)) items.push(item);
  return { items, count: items.length < most ? items.length : Math.max(items.length, counted) };
}

async function hasAtLeast(client: Client, run: string, severity: string): Promise<boolean> {
  const least = severityNames.parse(severity) ?? Severity.UNSPECIFIED;
  const names = severityNames.all.filter((name) => (severityNames.parse(name) ?? 0) >= least);
  const page = await client.get<{ items: StoredFinding[] }>('/api/v1/findings', {
    run,
    transition: 'opened,recurred,reopened',
    state: 'open',
    severity: names.join(','),
    limit: 1,
  });
  return page.items.length > 0;
}

// What a person sees when a run is over: its findings, what was fixed, what each task did, and the tally.
import {
  type FindingRecord,
  Outcome,
  outcomeNames,
  type RunAssessed,
  Skip,
  severityNames,
  type TaskFinished,
} from '@assay/contracts';
import { findingColumns } from './finding-text.ts';
import { type Column, paint, renderTable, severityStyle, type TableOptions } from './table.ts';
import { type ReportLine, type Tally, tallyOf } from './tally.ts';
import { oneLine } from './terminal-text.ts';

export interface RenderedRun {
  assessed: RunAssessed;
  /** Findings that the run saw, worst first; the first ones will do when `found` says how many there are. */
  findings: readonly FindingRecord[];
  /** Findings that it no longer saw. */
  fixed: readonly FindingRecord[];
  /** How many findings there are. Default: all that are given. */
  found?: number;
  /** How many fixed ones there are. Default: all that are given. */
  closed?: number;
  color: boolean;
  /** Columns of the terminal; Infinity: nothing is shortened. */
  width: number;
}

/** Everything about a run as text; ends with whether its counts add up. */
export function renderRun(run: RenderedRun): string {
  const { assessed, findings, fixed, color, width } = run;
  const found = run.found ?? findings.length;
  const closed = run.closed ?? fixed.length;
  const tally = tallyOf({ assessed, found, fixed: closed });
  const options: TableOptions = { color, width };
  return [
    heading('Findings', color),
    found === 0 ? '  none\n' : renderTable(findingColumns, findings, options),
    more(found - findings.length, assessed.runId),
    fixed.length
      ? `\n${heading('Fixed: gone since the last scan', color)}${renderTable(findingColumns, fixed, options)}`
      : '',
    more(closed - fixed.length, assessed.runId),
    otherTasks(assessed.tasks, options),
    tallyTable(tally, options),
    summary(assessed, tally, color),
  ].join('');
}

function heading(text: string, color: boolean): string {
  return `${paint(['bold', 'underline'], text, color)}\n`;
}

function more(count: number, runId: string): string {
  return count > 0 ? `… and ${count} more: assay finding ls --run ${oneLine(runId)} --limit 10000\n` : '';
}

// What succeeded speaks by its report; what did not must not be missed.
function otherTasks(tasks: readonly TaskFinished[], options: TableOptions): string {
  const others = tasks.filter(({ outcome }) => outcome !== Outcome.SUCCEEDED);
  const columns: readonly Column<TaskFinished>[] = [
    { title: 'TASK', value: ({ task }) => task },
    {
      title: 'OUTCOME',
      value: ({ outcome }) => outcomeNames.of(outcome),
      style: ({ outcome }) => (outcome === Outcome.SKIPPED ? 'yellow' : ['bold', 'red']),
    },
    // Never shortened: it holds the repair.
    { title: 'REASON', value: ({ reason }) => reason },
  ];
  if (others.length === 0) return '';
  const single = others.filter(({ skip }) => !skips.some(({ why }) => why === skip));
  return [
    `\n${heading('Not scanned', options.color)}`,
    single.length > 0 ? renderTable(columns, single, options) : '',
    ...skips.map((skip) => skippedTogether(others, skip)),
  ].join('');
}

interface SkippedTogether {
  why: Skip;
  what: string;
  repair?: string;
}

/** What is said once for all tasks that were skipped for the same reason. */
const skips: readonly SkippedTogether[] = [
  { why: Skip.NOT_INSTALLED, what: 'not installed', repair: 'npx assay tools install all' },
  { why: Skip.NOT_THERE, what: 'from elsewhere, not here', repair: 'npx assay tools ls says whence' },
  { why: Skip.NO_FILES, what: 'nothing here for them' },
];

function skippedTogether(tasks: readonly TaskFinished[], { why, what, repair }: SkippedTogether): string {
  const names = tasks.filter(({ skip }) => skip === why).map(({ task }) => oneLine(task));
  if (names.length === 0) return '';
  return `${what}: ${names.join(', ')}${repair ? ` (${repair})` : ''}\n`;
}

function tallyTable(tally: Tally, options: TableOptions): string {
  const rows = tally.reports.length > 1 ? [...tally.reports, totalLine(tally)] : tally.reports;
  const number = (name: 'raw' | 'findings' | 'merged' | 'filtered'): Column<ReportLine> => ({
    title: name.toUpperCase(),
    value: (line) => line[name],
    align: 'right',
  });
  const columns: readonly Column<ReportLine>[] = [
    { title: 'REPORT', value: ({ tool }) => tool },
    number('raw'),
    number('findings'),
    number('merged'),
    number('filtered'),
    {
      title: 'SCAN',
      value: ({ completeness }) => completeness,
      style: ({ completeness }) =>
        completeness === 'partial' || completeness === 'failed' ? ['bold', 'red'] : undefined,
    },
    { title: 'WHY', value: (line) => line.reasons, shrinkTo: 12 },
  ];
  return rows.length ? `\n${heading('Tally', options.color)}${renderTable(columns, rows, options)}` : '';
}

function totalLine({ total }: Tally): ReportLine {
  return { tool: 'total', ...total, reasons: '', completeness: '' };
}

function summary(assessed: RunAssessed, tally: Tally, color: boolean): string {
  const { total } = tally;
  const severities = severityNames.all
    .toReversed()
    .filter((name) => (assessed.severities[name] ?? 0) > 0)
    .map((name) => paint(severityStyle(name) ?? 'reset', `${assessed.severities[name]} ${name}`, color));
  const words: Readonly<Record<string, string>> = { opened: 'new', recurred: 'recurring' };
  const transitions = ['opened', 'recurred', 'reopened', 'suppressed', 'fixed']
    .filter((name) => (assessed.transitions[name] ?? 0) > 0)
    .map((name) => `${assessed.transitions[name]} ${words[name] ?? name}`);
  const equation = `${total.raw} raw = ${total.findings} findings + ${total.merged} merged + ${total.filtered} filtered`;
  return [
    '',
    ...(severities.length ? [severities.join(', ')] : []),
    ...(transitions.length ? [transitions.join(', ')] : []),
    tally.addsUp
      ? `${equation}: ${paint('green', 'everything adds up', color)}`
      : `${equation}: ${paint(['bold', 'red'], 'THE COUNTS DO NOT ADD UP: findings may be missing', color)}`,
    ...tally.problems.map((problem) => `${paint(['bold', 'red'], 'problem:', color)} ${oneLine(problem)}`),
    '',
  ].join('\n');
}

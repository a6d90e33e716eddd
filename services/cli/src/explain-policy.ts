// What a policy makes of findings, told rule by rule; of a report it needs no platform.
import { type FindingRecord, severityNames } from '@assay/contracts';
import { InvalidInput } from '@assay/contracts/errors';
import type { Answer, Policy, Rule } from '@assay/enricher';
import { type ExitCode, exitCode } from './exit-codes.ts';
import { whereOf } from './finding-text.ts';
import type { Io } from './io.ts';
import { openReportTwice } from './report-input.ts';
import { type Column, renderTable, severityStyle } from './table.ts';
import { oneLine, toJson } from './terminal-text.ts';

export interface ExplainPolicyFlags {
  finding?: string;
  report?: string;
  format: string;
  target: string;
  /** The moment that suppressions are judged at. */
  at: Date;
  /** Most findings shown. */
  limit: number;
  output: string;
}

interface RuleLine {
  rule: string;
  line: number;
  when: string;
  does: string;
  /** Findings whose condition holds; what became of them adds up to it. */
  applies: number;
  acts: number;
  expired: number;
  shadowed: number;
  fails: number;
}

interface FindingLine {
  finding: Pick<FindingRecord, 'id' | 'tool' | 'rule' | 'title'> & { where: string };
  answers: { rule: string; line: number; outcome: Answer['outcome']; reason?: string }[];
  severity: { before: string; after: string };
  suppression?: FindingRecord['suppression'];
  annotations: Record<string, string>;
}

export async function explainPolicy(io: Io, policy: Policy, flags: ExplainPolicyFlags): Promise<ExitCode> {
  const { changeOf, deedsOf, judge } = await import('@assay/enricher');
  const { at, limit } = flags;
  const rules = new Map(policy.rules.map((rule) => [rule, lineOf(rule, deedsOf(rule, at))]));
  const shown: FindingLine[] = [];
  const counts = { findings: 0, decided: 0 };
  for await (const finding of findingsOf(io, flags)) {
    io.signal.throwIfAborted();
    counts.findings += 1;
    const answers = judge(policy, finding, at, true);
    if (answers.length === 0) continue;
    counts.decided += 1;
    for (const answer of answers) count(rules.get(answer.rule), answer);
    const deciding = answers.filter(({ outcome }) => outcome === 'acts' || outcome === 'expired');
    if (shown.length < limit)
      shown.push(
        explained(
          finding,
          answers,
          changeOf(
            deciding.map(({ rule }) => rule),
            at,
          ),
        ),
      );
  }
  const lines = [...rules.values()];
  const hasFindings = flags.finding !== undefined || flags.report !== undefined;
  if (flags.output === 'json') {
    const told = { match: policy.match, at: at.toISOString(), rules: lines };
    await io.out.line(toJson(hasFindings ? { ...told, ...counts, decisions: shown } : told, 2));
  } else {
    await io.out.write(renderTable(hasFindings ? countColumns : ruleColumns, lines, look(io)));
    if (hasFindings) await printFindings(io, shown, counts);
  }
  if (!lines.some(({ fails }) => fails > 0)) return exitCode.ok;
  io.err.put('a rule that fails makes a dead letter of the batch: ask has(…) for what a finding may lack\n');
  return exitCode.findings;
}

async function* findingsOf(io: Io, flags: ExplainPolicyFlags): AsyncGenerator<FindingRecord> {
  if (flags.finding !== undefined) {
    const { connect } = await import('./platform.ts');
    const client = await connect(io);
    const path = `/api/v1/findings/${encodeURIComponent(flags.finding)}`;
    const { items } = await client.get<{ items: FindingRecord[] }>(path);
    if (items.length === 0)
      throw new InvalidInput(`there is no finding ${flags.finding}; \`assay finding ls -o json\` lists identities`, {
        code: 'finding.missing',
      });
    yield* items;
  }
  if (flags.report !== undefined) {
    const { adapters, parseToFindings } = await import('@assay/producer');
    await using report = await openReportTwice(io, flags.report);
    yield* parseToFindings({
      adapters,
      report: { open: () => report.open(), sourceRoot: '' },
      format: flags.format,
      target: flags.target,
      identityKey: io.env['ASSAY_IDENTITY_KEY'] || 'assay',
    });
  }
}

function lineOf({ name, line, when }: Rule, does: string): RuleLine {
  return { rule: name, line, when, does, applies: 0, acts: 0, expired: 0, shadowed: 0, fails: 0 };
}

function count(line: RuleLine | undefined, { outcome }: Answer): void {
  if (!line) return;
  line[outcome] += 1;
  if (outcome !== 'fails') line.applies += 1;
}

function explained(
  finding: FindingRecord,
  answers: readonly Answer[],
  change: {
    severity?: number;
    suppression?: FindingRecord['suppression'] | undefined;
    annotations: Record<string, string>;
  },
): FindingLine {
  const { id, tool, rule, title, severity } = finding;
  const suppression = change.suppression ?? finding.suppression;
  return {
    finding: { id, tool, rule, title, where: whereOf(finding) },
    answers: answers.map(({ rule: { name, line }, outcome, reason }) => ({
      rule: name,
      line,
      outcome,
      ...(reason === undefined ? {} : { reason }),
    })),
    severity: { before: severity, after: change.severity === undefined ? severity : severityNames.of(change.severity) },
    ...(suppression ? { suppression } : {}),
    annotations: { ...finding.annotations, ...change.annotations },
  };
}

const look = (io: Io) => ({ width: io.out.width, color: io.out.hasColor });

const ruleColumns: readonly Column<RuleLine>[] = [
  { title: 'RULE', value: ({ rule }) => rule },
  { title: 'LINE', value: ({ line }) => line, align: 'right' },
  { title: 'DOES', value: ({ does }) => does, shrinkTo: 12 },
  { title: 'WHEN', value: ({ when }) => when.trim(), shrinkTo: 12 },
];
const countColumns: readonly Column<RuleLine>[] = [
  ...ruleColumns.slice(0, 2),
  ...(['applies', 'acts', 'expired', 'shadowed', 'fails'] as const).map(
    (name): Column<RuleLine> => ({ title: name.toUpperCase(), value: (line) => line[name], align: 'right' }),
  ),
  ...ruleColumns.slice(2),
];

const findingColumns: readonly Column<FindingLine>[] = [
  { title: 'FINDING', value: ({ finding }) => finding.id.slice(0, 8) },
  { title: 'TOOL', value: ({ finding }) => finding.tool },
  { title: 'WHAT', value: ({ finding }) => finding.rule, shrinkTo: 8 },
  { title: 'WHERE', value: ({ finding }) => finding.where, shrinkTo: 12, keep: 'end' },
  { title: 'WAS', value: ({ severity }) => severity.before, style: ({ severity }) => severityStyle(severity.before) },
  { title: 'BECOMES', value: becomes, style: ({ severity }) => severityStyle(severity.after) },
  { title: 'BY', value: ({ answers }) => answers.map(words).join(', '), shrinkTo: 12 },
];

function becomes({ severity, suppression }: FindingLine): string {
  return suppression ? `${severity.after}, suppressed` : severity.after;
}

function words({ rule, outcome, reason }: FindingLine['answers'][number]): string {
  if (outcome === 'fails') return `${rule} fails: ${reason}`;
  return outcome === 'acts' ? rule : `(${rule}: ${outcome})`;
}

async function printFindings(
  io: Io,
  shown: readonly FindingLine[],
  { findings, decided }: { findings: number; decided: number },
): Promise<void> {
  if (shown.length > 0) await io.out.line();
  await io.out.write(renderTable(findingColumns, shown, look(io)));
  const [only] = shown;
  if (only && findings === 1) {
    const facts = {
      ...(only.suppression ? { suppressed: only.suppression.justification ?? '' } : {}),
      ...only.annotations,
    };
    await io.out.line();
    for (const [name, value] of Object.entries(facts)) await io.out.line(`  ${oneLine(name)}  ${oneLine(value)}`);
  }
  io.err.put(`rules apply to ${decided} of ${findings} ${findings === 1 ? 'finding' : 'findings'}\n`);
  if (decided > shown.length) io.err.put(`showing the first ${shown.length}; more with --limit\n`);
}

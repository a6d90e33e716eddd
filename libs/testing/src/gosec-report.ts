// A gosec report of any length, the same for the same length: as many files as a large repository, a flaw every few lines.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const rules = [
  { id: 'G104', severity: 'LOW', confidence: 'HIGH', details: 'Errors unhandled', cwe: '703' },
  { id: 'G401', severity: 'MEDIUM', confidence: 'HIGH', details: 'Use of weak cryptographic primitive', cwe: '328' },
  { id: 'G201', severity: 'MEDIUM', confidence: 'HIGH', details: 'SQL string formatting', cwe: '89' },
  { id: 'G402', severity: 'HIGH', confidence: 'HIGH', details: 'TLS InsecureSkipVerify set true.', cwe: '295' },
];

/** Writes it; resolves with its bytes. */
export async function writeGosecReport(file: string, issues: number): Promise<number> {
  const out = createWriteStream(file);
  let bytes = 0;
  const write = async (text: string) => {
    bytes += Buffer.byteLength(text);
    if (!out.write(text)) await once(out, 'drain');
  };
  await write('{"Golang errors":{},"Issues":[');
  for (let index = 0; index < issues; index++) await write(`${index ? ',' : ''}${JSON.stringify(issueAt(index))}`);
  await write(
    `],"Stats":{"files":${Math.ceil(issues / 20)},"lines":${issues * 10},"nosec":0,"found":${issues}},"GosecVersion":"2.22.11"}`,
  );
  out.end();
  await once(out, 'finish');
  return bytes;
}

export interface GosecIssue {
  rule_id: string;
  severity: string;
  file: string;
  /** Numbered lines; the middle one is flagged. */
  code: string;
  line: string;
  [more: string]: unknown;
}

/** A whole report of these issues, in this order. */
export function gosecReportOf(issues: readonly GosecIssue[]): string {
  const stats = { files: 1, lines: issues.length * 10, nosec: 0, found: issues.length };
  return JSON.stringify({ 'Golang errors': {}, Issues: issues, Stats: stats, GosecVersion: '2.22.11' });
}

/** The issue that a report of more than `index` issues has there: always the same. */
export function issueAt(index: number): GosecIssue {
  const rule = rules[index % rules.length] as (typeof rules)[number];
  const file = Math.floor(index / 20);
  const line = (index % 20) * 10 + 7;
  return {
    severity: rule.severity,
    confidence: rule.confidence,
    cwe: { id: rule.cwe, url: `https://cwe.mitre.org/data/definitions/${rule.cwe}.html` },
    rule_id: rule.id,
    details: rule.details,
    file: `/workspace/source/pkg/service${file % 97}/handler${file}.go`,
    code: `${line - 1}: \tctx := request.Context()\n${line}: \tresult${index}, _ := store.Query(ctx, "select * from t${index} where id = " + id)\n${line + 1}: \trender(w, result${index})\n`,
    line: String(line),
    column: '2',
    nosec: false,
    suppressions: null,
  };
}

// A SARIF file of the findings that are open now: every delivery brings the latest state of some, and the file is
// written anew. A state file beside it holds the findings, so that a restart goes on with them.
import { type FindingRecord, InvalidInput, sarifLog } from '@assay/contracts';
import type { Sink, SinkContext, SinkItem } from '../../sink.ts';
import { readWithoutLink, replaceFile } from './confined-path.ts';

/** Fixed findings that are remembered, so that an older event that comes late does not open them again. */
const maxFixed = 10_000;

/** What was heard last of a finding; without a record it is fixed. */
interface Known {
  key: string;
  order: string;
  record?: FindingRecord;
}

interface Head {
  generation: number;
}

export interface SarifOptions {
  path: string;
  /** Most findings of the file. */
  maxFindings: number;
}

export async function openSarif(options: SarifOptions, { generation, hasFindings }: SinkContext): Promise<Sink> {
  if (!hasFindings) {
    throw new InvalidInput('a file of format sarif holds findings: use a subject "assay.finding.…", or format jsonl', {
      code: 'sink.config',
    });
  }
  const known = await readState(`${options.path}.state`, generation);
  await writeSarif(options.path, known);
  return {
    deliver: async (items) => {
      const next = new Map(known);
      for (const item of items) take(next, item);
      prune(next, options);
      // The state first: the log can always be made of it.
      await replaceFile(`${options.path}.state`, stateLines(next, generation));
      known.clear();
      for (const [key, value] of next) known.set(key, value);
      await writeSarif(options.path, known);
    },
    close: async () => {},
  };
}

function take(known: Map<string, Known>, { finding, event }: SinkItem): void {
  if (!finding) return;
  const key = JSON.stringify([finding.target, finding.tool, finding.id]);
  const before = known.get(key);
  if (before && before.order > event.order) return;
  known.delete(key);
  known.set(key, { key, order: event.order, ...(finding.transition === 'fixed' ? {} : { record: finding }) });
}

function prune(known: Map<string, Known>, { path, maxFindings }: SarifOptions): void {
  const fixed = [...known.values()].filter(({ record }) => !record);
  for (const { key } of fixed.slice(0, Math.max(0, fixed.length - maxFixed))) known.delete(key);
  if (known.size - Math.min(fixed.length, maxFixed) > maxFindings) {
    throw new InvalidInput(
      `${path} would hold more than ${maxFindings} findings: raise maxFindings, narrow the sink's subject or filter, or use format jsonl`,
      { code: 'sink.file.full' },
    );
  }
}

async function writeSarif(path: string, known: ReadonlyMap<string, Known>): Promise<void> {
  const records = [...known.values()].flatMap(({ record }) => record ?? []);
  await replaceFile(path, `${JSON.stringify(sarifLog(records))}\n`);
}

function* stateLines(known: ReadonlyMap<string, Known>, generation: number): Iterable<string> {
  yield `${JSON.stringify({ generation } satisfies Head)}\n`;
  for (const value of known.values()) yield `${JSON.stringify(value)}\n`;
}

/** A replay is told everything again and begins with nothing. */
async function readState(path: string, generation: number): Promise<Map<string, Known>> {
  const [head, ...lines] = ((await readWithoutLink(path))?.toString() ?? '').split('\n').filter(Boolean);
  if (!head || (JSON.parse(head) as Head).generation !== generation) return new Map();
  return new Map(lines.map((line) => JSON.parse(line) as Known).map((known) => [known.key, known]));
}

// For specs: an adapter run over a report, with its tally, and nothing behind it.
import { type Adapter, draftsOf, type FindingDraft, type Parsing } from '../adapter.ts';

export interface ReadReport {
  drafts: FindingDraft[];
  raw: number;
  /** Records by reason. */
  merged: Record<string, number>;
  filtered: Record<string, number>;
  /** "name version" */
  tool: string;
  partial: string[];
  failed: string[];
  notes: string[];
  /** raw - findings - merged - filtered; anything but 0 is a mistake of the adapter. */
  unexplained: number;
}

export interface ReadOptions {
  sourceRoot?: string;
  /** Bytes of a chunk; default: the whole report in one. */
  chunkBytes?: number;
}

export async function readReport(
  adapter: Pick<Adapter, 'parse'>,
  content: string | Uint8Array,
  { sourceRoot = '', chunkBytes = Number.POSITIVE_INFINITY }: ReadOptions = {},
): Promise<ReadReport> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const read: ReadReport = {
    drafts: [],
    raw: 0,
    merged: {},
    filtered: {},
    tool: '',
    partial: [],
    failed: [],
    notes: [],
    unexplained: 0,
  };
  const add = (counts: Record<string, number>, reason: string) => {
    counts[reason] = (counts[reason] ?? 0) + 1;
  };
  const parsing: Parsing = {
    record: () => {
      read.raw++;
    },
    filter: (reason) => add(read.filtered, reason),
    merge: (reason) => add(read.merged, reason),
    tool: (name, version) => {
      read.tool = `${name} ${version}`.trim();
    },
    partial: (note) => void read.partial.push(note),
    failed: (note) => void read.failed.push(note),
    note: (note) => void read.notes.push(note),
  };
  async function* open() {
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, Math.min(bytes.length, start + chunkBytes));
  }
  for await (const some of adapter.parse({ open, sourceRoot }, parsing)) read.drafts.push(...draftsOf(some));
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);
  read.unexplained = read.raw - read.drafts.length - sum(read.merged) - sum(read.filtered);
  return read;
}

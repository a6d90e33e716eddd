// Dracon's files (ocurity.dracon.v1), under the names that its components look for: <tool>.tagged.pb
// (LaunchToolResponse) for enrichers, <tool>.enriched.aggregated.pb (EnrichedLaunchToolResponse) for consumers. One file a
// tool: its enrichers name theirs after the tool too, and of two the second would replace the first. An issue's uuid is
// the finding's id; by it what an enricher wrote finds its way back.
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Confidence,
  confidenceNames,
  type FindingRecord,
  InvalidInput,
  recordsOf,
  severityNames,
  token,
} from '@assay/contracts';
import { decodeEnrichedIssue, type EnrichedIssue, isMessage, shapeOf, types, wireFields } from '@assay/producer/dracon';
import type { FindingFiles, FindingWriter, WriteOptions } from './finding-files.ts';
import type { Said } from './said.ts';

/** Most files that a program may leave, and folders below each other that are looked into. */
const maxFiles = 1000;
const maxDepth = 4;
/** Longest issue. Bytes. */
const maxIssueBytes = 4 * 1024 * 1024;
const sampleBytes = 64 * 1024;

/** By number in Dracon: unspecified, info, low, medium, high, critical. */
const confidences: Readonly<Record<number, number>> = {
  [Confidence.LOW]: 2,
  [Confidence.MEDIUM]: 3,
  [Confidence.HIGH]: 4,
};

export const draconFiles: FindingFiles = {
  open: async (options) => new DraconWriter(options),
  async *read(path, step) {
    for (const file of await protobufFiles(path)) yield* saidIn(file, step);
  },
};

class DraconWriter implements FindingWriter {
  readonly #options: WriteOptions;
  readonly #files = new Map<string, FileHandle>();

  constructor(options: WriteOptions) {
    this.#options = options;
  }

  async write(batch: Parameters<FindingWriter['write']>[0]): Promise<void> {
    const tool = batch.tool?.name ?? '';
    const file = await this.#fileOf(tool);
    const { isEnriched } = this.#options;
    const issues = recordsOf(batch).map((record) =>
      isEnriched
        ? member(2, encode('enrichedIssue', enrichedIssueOf(record)))
        : member(3, encode('issue', issueOf(record))),
    );
    await file.appendFile(Buffer.concat(issues));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  async #fileOf(tool: string): Promise<FileHandle> {
    const name = token(tool);
    const known = this.#files.get(name);
    if (known) return known;
    const { folder, isEnriched, run } = this.#options;
    const file = await open(join(folder, `${name}${isEnriched ? '.enriched.aggregated.pb' : '.tagged.pb'}`), 'w');
    this.#files.set(name, file);
    const startTime = { seconds: Math.floor(Date.now() / 1000), nanos: 0 };
    const head = encode('response', { scanInfo: { uuid: run, startTime, tags: {} }, toolName: tool || name });
    await file.appendFile(isEnriched ? member(1, head) : head);
    return file;
  }
}

function encode(type: keyof typeof types, message: object): Uint8Array {
  return types[type].encode(types[type].fromObject(message as Record<string, unknown>)).finish();
}

/** A length-delimited member: messages of a message may be written one by one. */
function member(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function issueOf(record: FindingRecord): object {
  return {
    target: targetOf(record),
    type: record.rule ?? '',
    title: record.title ?? '',
    severity: severityNames.parse(record.severity) ?? 0,
    cvss: record.cvss?.score ?? 0,
    confidence: confidences[confidenceNames.parse(record.confidence ?? '') ?? 0] ?? 0,
    description: record.description ?? '',
    source: record.properties?.['source'] ?? record.target,
    cve: record.cves?.join(',') ?? '',
    uuid: record.id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    contextSegment: record.snippet ?? '',
    cwe: Buffer.concat((record.cwes ?? []).map(varint)),
  };
}

function targetOf({
  path,
  startLine = 0,
  endLine = startLine,
  purl,
  digest,
  target,
  properties,
}: FindingRecord): string {
  if (path) return `file:///${encodeURI(path.replace(/^\/+/, ''))}:${startLine}-${endLine}`;
  return purl ?? (digest ? `${target}@${digest}` : (properties?.['target'] ?? target));
}

function enrichedIssueOf(record: FindingRecord): object {
  const owners = Object.fromEntries((record.owners ?? []).map((owner, index) => [`Owner-${index}`, owner]));
  return {
    rawIssue: issueOf(record),
    count: 1,
    falsePositive: record.suppression !== undefined,
    hash: record.id,
    annotations: { ...owners, ...record.annotations },
  };
}

async function protobufFiles(path: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const name = join(folder, entry.name);
      if (entry.isDirectory() && depth < maxDepth) await walk(name, depth + 1);
      // What is no file (a link, a pipe) leads somewhere else.
      if (!entry.isFile() || !entry.name.endsWith('.pb')) continue;
      found.push(name);
      if (found.length > maxFiles)
        throw new InvalidInput(`${path} has more than ${maxFiles} files; write one a tool`, {
          code: 'run-findings.too-large',
        });
    }
  };
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    await walk(path, 0);
  } catch (cause) {
    if (cause instanceof InvalidInput) throw cause;
    throw new InvalidInput(`${path} cannot be read; did the program write it?`, { code: 'run-findings.file', cause });
  }
  return found.sort();
}

// A LaunchToolResponse is a copy of what the program was given: Dracon's enrichers write one beside theirs.
async function* saidIn(file: string, step: string): AsyncGenerator<Said> {
  const sample = await startOf(file);
  if (sample.length === 0) return;
  const shape = shapeOf(sample, { isCut: sample.length >= sampleBytes, isLenient: true });
  if (shape === undefined) throw notDracon(file);
  if (shape === 'response') return;
  let index = 0;
  const source = createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
  const take = ([number]: readonly number[]) => (number === 2 ? 'take' : 'skip') as 'take' | 'skip';
  try {
    for await (const fields of wireFields(source, take, { maxFieldBytes: maxIssueBytes })) {
      for (const { bytes } of fields) {
        index++;
        if (!isMessage(types.enrichedIssue, bytes)) throw notDracon(`${file}, issue ${index},`);
        const said = saidOf(decodeEnrichedIssue(bytes), step);
        if (said) yield said;
      }
    }
  } catch (error) {
    // Its words are about a report.
    if (error instanceof InvalidInput && error.code.startsWith('report.'))
      throw new InvalidInput(`${file}, behind issue ${index}: ${error.message}`, {
        code: error.code.replace('report.', 'run-findings.'),
        cause: error,
      });
    throw error;
  }
}

function saidOf(
  { rawIssue, firstSeen, count, falsePositive, annotations }: EnrichedIssue,
  step: string,
): Said | undefined {
  const id = rawIssue?.uuid.replaceAll('-', '').toLowerCase() ?? '';
  const seen = firstSeen && firstSeen.seconds > 0 ? new Date(firstSeen.seconds * 1000) : undefined;
  return {
    id,
    ...(rawIssue ? { severity: rawIssue.severity } : {}),
    annotations: {
      ...annotations,
      ...(seen && !Number.isNaN(seen.getTime()) ? { firstSeen: seen.toISOString() } : {}),
      ...(count > 1 ? { seen: String(count) } : {}),
    },
    owners: [],
    ...(falsePositive
      ? { suppression: { kind: 'external', justification: `marked as a false positive by ${step}` } }
      : {}),
  };
}

async function startOf(file: string): Promise<Uint8Array> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
  return buffer.subarray(0, bytesRead);
}

function notDracon(where: string): InvalidInput {
  return new InvalidInput(`${where} is not what Dracon's enrichers write (EnrichedLaunchToolResponse)`, {
    code: 'run-findings.dracon',
  });
}

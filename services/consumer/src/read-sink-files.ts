// Sinks declared by files: one or several YAML documents a file, in one folder. A document that is wrong is told with
// its file and line; what the same file declared before goes on as it was.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, parseSinkSpec, type SinkSpec } from '@assay/contracts';
import { type Document, LineCounter, parseAllDocuments } from 'yaml';

/** Most bytes of a file. */
const maxFileBytes = 256 * 1024;

export interface SinkFile {
  spec: SinkSpec;
  file: string;
  /** "sinks/alerts.yaml:12" */
  where: string;
}

export interface SinkFiles {
  sinks: Map<string, SinkFile>;
  problems: { file: string; where: string; reason: string }[];
}

/** Every sink of the folder's *.yaml and *.yml; `before` is the last answer. */
export async function readSinkFiles(folder: string, before: SinkFiles): Promise<SinkFiles> {
  const found: SinkFiles = { sinks: new Map(), problems: [] };
  const names = await readdir(folder).catch((error: unknown) => {
    found.problems.push({ file: folder, where: folder, reason: `the folder cannot be read: ${explain(error)}` });
    return [];
  });
  for (const name of names.filter((entry) => /\.ya?ml$/.test(entry) && !entry.startsWith('.')).sort()) {
    await readSinkFile(join(folder, name), found);
  }
  keepUnread(found, before, folder);
  return found;
}

async function readSinkFile(file: string, found: SinkFiles): Promise<void> {
  const fail = (line: number, reason: string) => found.problems.push({ file, where: `${file}:${line}`, reason });
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) throw new Error(`the file has ${size} bytes; at most ${maxFileBytes} are read`);
    const lines = new LineCounter();
    const documents = parseAllDocuments(await readFile(file, 'utf8'), { lineCounter: lines });
    for (const document of Array.isArray(documents) ? documents : []) addDocument(document, file, lines, found, fail);
  } catch (error) {
    fail(1, explain(error));
  }
}

function addDocument(
  document: Document,
  file: string,
  lines: LineCounter,
  found: SinkFiles,
  fail: (line: number, reason: string) => void,
): void {
  const [error] = document.errors;
  const start = lines.linePos(document.contents?.range?.[0] ?? 0).line;
  if (error) fail(lines.linePos(error.pos[0]).line, error.message.split('\n')[0] ?? '');
  else if (document.contents !== null) {
    try {
      const spec = parseSinkSpec(document.toJS({ maxAliasCount: 20 }));
      const other = found.sinks.get(spec.name);
      if (other) fail(start, `sink "${spec.name}" is declared in ${other.where} too`);
      else found.sinks.set(spec.name, { spec, file, where: `${file}:${start}` });
    } catch (cause) {
      const reason = explain(cause);
      fail(lineOfMember(document, reason, lines) ?? start, reason);
    }
  }
}

/** The line of the member that a sentence like "sink.batch.size must be …" speaks of. */
function lineOfMember(document: Document, sentence: string, lines: LineCounter): number | undefined {
  const path = /^sink\.([\w.-]+)/.exec(sentence)?.[1]?.split('.') ?? [];
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

function keepUnread(found: SinkFiles, before: SinkFiles, folder: string): void {
  const broken = new Set(found.problems.map(({ file }) => file));
  for (const [name, sink] of before.sinks) {
    if (!found.sinks.has(name) && (broken.has(sink.file) || broken.has(folder))) found.sinks.set(name, sink);
  }
}

// findings.jsonl: one finding a line, as docs/findings.md has it. A program changes it in place or writes another one.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, recordsOf, severityNames } from '@assay/contracts';
import { z } from 'zod';
import type { FindingFiles } from './finding-files.ts';
import type { Said } from './said.ts';

const fileName = 'findings.jsonl';
/** Longest line. Bytes. */
const maxLineBytes = 1024 * 1024;

const line = z.looseObject({
  id: z.string().regex(/^[0-9a-f]{32}$/, 'must be the id that the finding came with'),
  report: z.string().optional(),
  severity: z.enum(severityNames.all as [string, ...string[]]).optional(),
  annotations: z.record(z.string(), z.string()).default({}),
  owners: z.array(z.string()).default([]),
  suppression: z
    .looseObject({ kind: z.string().default('external'), justification: z.string().default('') })
    .optional(),
});

export const jsonLines: FindingFiles = {
  async open({ folder }) {
    const file = await open(join(folder, fileName), 'w');
    return {
      write: async (batch) => {
        const text = recordsOf(batch)
          .map((record) => `${JSON.stringify(record)}\n`)
          .join('');
        await file.appendFile(text);
      },
      close: () => file.close(),
    };
  },
  async *read(path) {
    const isFolder = (await stat(path).catch(cannotRead(path))).isDirectory();
    const file = isFolder ? join(path, fileName) : path;
    let number = 0;
    for await (const bytes of linesOf(file)) {
      number++;
      if (bytes.length > 0) yield saidIn(bytes, `${file}:${number}`);
    }
  },
};

function saidIn(bytes: Uint8Array, where: string): Said {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidInput(`${where} is no JSON: write one finding a line`, { code: 'run-findings.json', cause });
  }
  const parsed = line.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const member = issue?.path.join('.');
    throw new InvalidInput(`${where}${member ? `, ${member}` : ''}: ${issue?.message}`, { code: 'run-findings.line' });
  }
  const { id, report, severity, annotations, owners, suppression } = parsed.data;
  return {
    id,
    annotations,
    owners,
    ...(report === undefined ? {} : { report }),
    ...(severity === undefined ? {} : { severity: severityNames.parse(severity) ?? 0 }),
    ...(suppression === undefined ? {} : { suppression }),
  };
}

async function* linesOf(file: string): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 1;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
        yield bytes.subarray(0, end);
        bytes = bytes.subarray(end + 1);
        number++;
      }
      if (bytes.length > maxLineBytes)
        throw new InvalidInput(`${file}:${number} is longer than ${maxLineBytes} bytes`, {
          code: 'run-findings.too-large',
        });
      rest = Buffer.from(bytes);
    }
  } catch (error) {
    throw error instanceof InvalidInput ? error : cannotRead(file)(error);
  }
  if (rest.length > 0) yield rest;
}

function cannotRead(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new InvalidInput(`${path} cannot be read; did the program write it?`, { code: 'run-findings.file', cause });
  };
}

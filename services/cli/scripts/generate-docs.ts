// Writes the pages that are made from code: `npm run generate`. With --check it writes nothing and fails when one is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { PassThrough } from 'node:stream';
import { asyncApiOf } from '@assay/runtime/asyncapi';
import { topologyOf } from '@assay/runtime/topology';
import { stringify } from 'yaml';
import { cliDocs } from '../src/cli-docs.ts';
import { openIo } from '../src/io.ts';
import { wholeProgram } from '../src/program.ts';
import { withTables } from '../src/readme-tables.ts';
import { services } from '../src/up/services.ts';

const root = join(import.meta.dirname, '../../..');

export interface Document {
  /** Absolute. */
  file: string;
  content: () => Promise<string>;
}

export const documents: readonly Document[] = [
  { file: join(root, 'docs/cli.md'), content: commandLine },
  { file: join(root, 'docs/asyncapi.yaml'), content: asyncApi },
  { file: join(root, 'docs/topology.md'), content: async () => topologyOf(services) },
  { file: join(root, 'README.md'), content: readme },
];

/** Files whose content is not what the code says. */
export async function staleDocuments(): Promise<string[]> {
  const stale = await Promise.all(
    documents.map(async ({ file, content }) => {
      const current = await readFile(file, 'utf8').catch(() => '');
      return current === (await content()) ? [] : [relative(root, file)];
    }),
  );
  return stale.flat();
}

async function asyncApi(): Promise<string> {
  return `# Made by npm run generate from the declarations that the services run by.\n${stringify(asyncApiOf(services), { aliasDuplicateObjects: false, lineWidth: 0 })}`;
}

async function readme(): Promise<string> {
  return withTables(await readFile(join(root, 'README.md'), 'utf8'));
}

async function commandLine(): Promise<string> {
  // No terminal, no environment: the page must not depend on who makes it.
  const stream = new PassThrough();
  const io = openIo({ env: {}, stdout: stream, stderr: stream, signal: new AbortController().signal });
  return cliDocs(await wholeProgram(io), root);
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await staleDocuments();
    for (const file of stale) console.error(`${file} is stale: npm run generate`);
    process.exitCode = stale.length ? 1 : 0;
  } else {
    for (const { file, content } of documents) {
      await writeFile(file, await content());
      console.log(`wrote ${relative(root, file)}`);
    }
  }
}

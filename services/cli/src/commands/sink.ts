// assay sink ls | add | rm | replay | test
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SinkSpec } from '@assay/contracts';
import { InvalidInput } from '@assay/contracts/errors';
import { type Define, outputOption } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { print } from '../listing.ts';
import { connect } from '../platform.ts';
import { parseSince } from '../since.ts';
import type { Column } from '../table.ts';
import { manyLines, oneLine, toJson } from '../terminal-text.ts';

const columns: readonly Column<SinkSpec>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'SUBJECT', value: ({ subject }) => subject, shrinkTo: 16 },
  { title: 'FILTER', value: ({ filter }) => filter, shrinkTo: 12 },
];

export const define: Define = (command, io) => {
  command
    .command('ls')
    .summary('list sinks')
    .description('List sinks.')
    .addOption(outputOption())
    .example('assay sink ls', 'where things go')
    .does(io, async (options: { output: string }) => {
      const client = await connect(io);
      const { items } = await client.get<{ items: SinkSpec[] }>('/api/v1/sinks');
      await print(io, items, { format: options.output, columns, empty: 'no sinks' });
      return undefined;
    });

  command
    .command('add')
    .summary('add or change sinks from a YAML or JSON file')
    .description(
      'Add or change sinks from a YAML or JSON file, one sink a document. Secrets are references, never values.',
    )
    .argument('<file>', 'YAML or JSON, "-" for stdin')
    .example('assay sink add examples/sinks/webhook.yaml', 'from then on it is delivered to')
    .does(io, async (file: string) => {
      const sinks = await readSinks(file === '-' ? io.stdin : resolve(io.cwd, file));
      const client = await connect(io);
      for (const sink of sinks) {
        await client.request('POST', '/api/v1/sinks', { json: sink });
        await io.out.line(`sink ${oneLine(sink.name)} is there`);
      }
      return undefined;
    });

  command
    .command('rm')
    .summary('remove sinks')
    .description('Remove sinks; what they were given stays where it is.')
    .argument('<name...>', 'their names')
    .example('assay sink rm hook', 'nothing more is delivered to it')
    .does(io, async (names: string[]) => {
      const client = await connect(io);
      for (const name of names) {
        await client.request('DELETE', `/api/v1/sinks/${encodeURIComponent(name)}`);
        await io.out.line(`sink ${oneLine(name)} is gone`);
      }
      return undefined;
    });

  command
    .command('replay')
    .summary('deliver stored events to a sink again')
    .description('Deliver stored events to a sink again, from some point on.')
    .argument('<name>', 'the sink')
    .requiredOption('--from <start>', 'all, a stream sequence, 10m, 2h, 1d, or a time like 2026-01-31T12:00:00Z')
    .example('assay sink replay hook --from 2h', 'the last two hours once more')
    .does(io, async (name: string, options: { from: string }) => {
      const from = startOf(options.from);
      const client = await connect(io);
      await client.request('POST', `/api/v1/sinks/${encodeURIComponent(name)}/replay`, { json: { from } });
      await io.out.line(`sink ${oneLine(name)} is replayed from ${from}`);
      return undefined;
    });

  command
    .command('test')
    .summary('deliver a marked sample through a sink')
    .description(
      'Deliver one finding, marked as a sample, through a sink’s real settings and credentials, and say what came of it: 0 it was taken, 2 it was refused, 3 it may be taken later.',
    )
    .argument('<name>', 'the sink')
    .option('--dry-run', 'make the sample, print it and deliver nothing')
    .option('--fixed', 'the sample is fixed: closes what one before left')
    .addOption(outputOption())
    .example('assay sink test hook', 'does the other side take it?')
    .example('assay sink test hook --dry-run', 'what would it be given?')
    .does(io, async (name: string, options: { dryRun?: true; fixed?: true; output: string }) => {
      const client = await connect(io);
      const result = await client.request<Tested>('POST', `/api/v1/sinks/${encodeURIComponent(name)}/test`, {
        json: { dryRun: options.dryRun === true, fixed: options.fixed === true },
        timeoutMs: 150_000,
      });
      if (options.output === 'json') await io.out.line(toJson(result));
      else await io.out.write(testText(name, result));
      return testCodes[result.outcome] ?? exitCode.fault;
    });
};

interface Tested {
  outcome: string;
  reason?: string;
  preview?: string;
  tookMs: number;
}

const testCodes: Readonly<Record<string, ExitCode>> = {
  delivered: exitCode.ok,
  dry: exitCode.ok,
  refused: exitCode.usage,
  failed: exitCode.unreachable,
};

function testText(name: string, { outcome, reason = '', preview = '', tookMs }: Tested): string {
  const sink = `sink ${oneLine(name)}`;
  if (outcome === 'delivered') return `${sink} took the sample in ${tookMs} ms\n`;
  if (outcome === 'dry') return `${sink} would be given:\n${manyLines(preview)}\n`;
  const what = outcome === 'refused' ? 'refused the sample' : 'did not take the sample, it would be tried again';
  return `${sink} ${what}: ${oneLine(reason)}\n`;
}

function startOf(text: string): string | number {
  if (text === 'all' || text === 'new') return text;
  return /^\d+$/.test(text) ? Number(text) : parseSince(text, new Date());
}

/** The gateway checks a sink as a whole; here only what is needed to send it. */
async function readSinks(from: string | AsyncIterable<unknown>): Promise<{ name: string }[]> {
  const text = await readText(from);
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true });
  const sinks = (Array.isArray(documents) ? documents : []).map((document) => {
    const [error] = document.errors;
    if (error) throw new InvalidInput(`this is no YAML: ${error.message}`, { code: 'sink.yaml' });
    try {
      // Aliases are bounded: a few lines could stand for gigabytes.
      return document.toJS({ maxAliasCount: 50 }) as { name?: unknown } | null;
    } catch (cause) {
      throw new InvalidInput('this YAML cannot be read; write it without so many aliases', {
        code: 'sink.yaml',
        cause,
      });
    }
  });
  const named = sinks.filter((sink) => sink !== null);
  if (named.length === 0) throw new InvalidInput('the file holds no sink', { code: 'sink.empty' });
  return named.map((sink) => {
    if (typeof sink?.name === 'string') return { ...sink, name: sink.name };
    throw new InvalidInput('a sink needs a name: `name: hook`', { code: 'sink.name' });
  });
}

const maxBytes = 1024 * 1024;

async function readText(from: string | AsyncIterable<unknown>): Promise<string> {
  if (typeof from === 'string')
    return readFile(from, 'utf8').catch((cause: unknown) => {
      throw new InvalidInput(`${from} cannot be read; give a file that is there`, { code: 'sink.file', cause });
    });
  let text = '';
  for await (const chunk of from) {
    text += String(chunk);
    if (text.length > maxBytes)
      throw new InvalidInput('sinks of more than 1 MiB are not taken', { code: 'sink.too-large' });
  }
  return text;
}

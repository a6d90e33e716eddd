// assay event publish | tail

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInput, Transient } from '@assay/contracts/errors';
import type { Client } from '../client.ts';
import { type EventOptions, eventRequest } from '../cloud-event.ts';
import { type Define, integer, outputOption } from '../command.ts';
import { eventLine } from '../event-text.ts';
import type { Io } from '../io.ts';
import { connect } from '../platform.ts';
import { parseSince } from '../since.ts';
import { oneLine, toJson } from '../terminal-text.ts';

interface TailOptions {
  since?: string;
  count?: number;
  output: string;
}

export const define: Define = (command, io) => {
  command
    .command('publish')
    .summary('publish a CloudEvent')
    .description('Publish a CloudEvent: a whole one (structured mode), or just its data with --type.')
    .argument('[file]', 'JSON, "-" for stdin', '-')
    .option('--type <type>', 'the file is the data of an event of this type, e.g. report.submitted')
    .option('--id <id>', 'its id; the same id is taken once (with --type; default: a new one)')
    .option('--source <source>', 'who says it (with --type; default: assay/cli)')
    .option('--subject <subject>', 'what it is about (with --type)')
    .addOption(outputOption())
    .example('assay event publish event.json', 'a whole CloudEvent')
    .example(
      `echo '{"kind":"image","reference":"alpine:3"}' | assay event publish --type artifact.requested`,
      'just the data',
    )
    .does(io, async (file: string, { output, ...options }: EventOptions & { output: string }) => {
      const { headers, body } = eventRequest(await readBounded(io, file), options);
      const client = await connect(io);
      const published = await client.request<{ id: string; subject: string }>('POST', '/api/v1/events', {
        headers,
        body: () => [body] as unknown as AsyncIterable<Uint8Array>,
        // Its id says whether it was taken already.
        isRepeatable: true,
      });
      await io.out.line(output === 'json' ? toJson(published) : oneLine(`${published.id} on ${published.subject}`));
      return undefined;
    });

  command
    .command('tail')
    .summary('follow events as they come')
    .description('Follow events as they come, taking nothing from anybody; ends with Ctrl-C.')
    .argument('[subject]', 'filter, with * and >', 'assay.>')
    .option('--since <when>', 'begin there: 10m, 2h, 1d, or a time like 2026-01-31T12:00:00Z')
    .option('--count <events>', 'end after this many', integer(1, 1_000_000_000))
    .addOption(outputOption())
    .example('assay event tail "assay.finding.changed.opened.critical.>"', 'new critical findings')
    .example('assay event tail --since 1h -o json | jq .data', 'an hour back, as CloudEvents')
    .does(io, async (subject: string, options: TailOptions) => {
      await tail(io, await connect(io), subject, options);
      return undefined;
    });
};

async function tail(io: Io, client: Client, subject: string, options: TailOptions): Promise<void> {
  let lastId = '';
  let left = options.count ?? Number.POSITIVE_INFINITY;
  const since = options.since === undefined ? undefined : parseSince(options.since, new Date());
  for (;;) {
    try {
      const headers: Record<string, string> = lastId ? { 'last-event-id': lastId } : {};
      for await (const message of client.messages(
        '/api/v1/events',
        { subject, since: lastId ? undefined : since },
        headers,
      )) {
        lastId = message.id || lastId;
        await io.out.line(options.output === 'json' ? toJson(JSON.parse(message.data)) : eventLine(message.data));
        left -= 1;
        if (left <= 0 || io.out.isClosed) return;
      }
    } catch (error) {
      // One that was there before is waited for; one that never was is the caller's to hear of.
      if (!(error instanceof Transient) || lastId === '') throw error;
      io.err.put(`${oneLine(error.message)}; connecting again\n`);
    }
    if (io.signal.aborted) throw io.signal.reason;
    await sleep(1000, undefined, { signal: io.signal });
  }
}

const maxEventBytes = 16 * 1024 * 1024;

async function readBounded(io: Io, file: string): Promise<Uint8Array> {
  if (file !== '-')
    return readFile(resolve(io.cwd, file)).catch((cause: unknown) => {
      throw new InvalidInput(`${file} cannot be read; give a file that is there`, { code: 'event.file', cause });
    });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of io.stdin as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxEventBytes)
      throw new InvalidInput('an event may have at most 16 MiB; put its content into a blob', {
        code: 'event.too-large',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

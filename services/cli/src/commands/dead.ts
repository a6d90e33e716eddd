// assay dead ls | show | redrive | drop
import { InvalidInput } from '@assay/contracts/errors';
import type { Client } from '../client.ts';
import { type AssayCommand, type Define, integer, outputOption, usageError } from '../command.ts';
import { type DeadLetterView, describeLetter } from '../dead-letter-text.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { print, shortTime } from '../listing.ts';
import { connect } from '../platform.ts';
import type { Column } from '../table.ts';
import { manyLines, toJson } from '../terminal-text.ts';

const columns: readonly Column<DeadLetterView>[] = [
  { title: 'SEQ', value: ({ sequence }) => sequence, align: 'right' },
  { title: 'DIED', value: ({ diedAt }) => shortTime(diedAt) },
  { title: 'SERVICE', value: ({ service }) => service },
  { title: 'SUBJECT', value: ({ subject }) => subject, shrinkTo: 16 },
  { title: 'CODE', value: ({ code }) => code },
  { title: 'REASON', value: ({ reason }) => reason, shrinkTo: 20 },
];

interface Chosen {
  all?: boolean;
  yes?: boolean;
}

export const define: Define = (command, io) => {
  command
    .command('ls')
    .summary('list dead letters, oldest first')
    .description('List events that nobody could handle, oldest first, with the reason.')
    .option('--limit <count>', 'at most this many', integer(1, 1000), 100)
    .addOption(outputOption())
    .example('assay dead ls', 'what went wrong')
    .does(io, async (options: { limit: number; output: string }) => {
      const letters = await letterPage(await connect(io), options.limit);
      await print(io, letters, { format: options.output, columns, empty: 'no dead letters' });
      return undefined;
    });

  command
    .command('show')
    .summary('show a dead letter with the event as it came')
    .description('Show a dead letter: why it died, and the event as it came.')
    .argument('<seq>', 'its sequence', integer(1, Number.MAX_SAFE_INTEGER))
    .addOption(outputOption())
    .example('assay dead show 12', 'headers and payload too')
    .does(io, async (sequence: number, options: { output: string }) => {
      const letter = await (await connect(io)).get<DeadLetterView>(`/api/v1/dead/${sequence}`);
      await io.out.line(options.output === 'json' ? toJson(letter, 2) : describeLetter(letter));
      return undefined;
    });

  several(command.command('redrive'), 'redrive', io)
    .summary('send dead letters’ events again')
    .description('Send the events of dead letters again, as they came; what died of them is deleted.')
    .example('assay dead redrive 12 13', 'these two, after their cause was repaired')
    .example('assay dead redrive --all --yes', 'every one');

  several(command.command('drop'), 'drop', io)
    .summary('delete dead letters for good')
    .description('Delete dead letters for good.')
    .example('assay dead drop 12', 'one that nobody needs')
    .example('assay dead drop --all --yes', 'every one');
};

function several(command: AssayCommand, verb: 'redrive' | 'drop', io: Io): AssayCommand {
  return command
    .argument('[seq...]', 'their sequences')
    .option('--all', 'every dead letter there is now')
    .option('--yes', 'do not ask; --all needs it')
    .does(io, async (sequences: string[], chosen: Chosen) => {
      if (chosen.all ? sequences.length > 0 : sequences.length === 0)
        throw usageError(`Give the sequences to ${verb}, or --all; \`assay dead ls\` lists them.`);
      const client = await connect(io);
      const numbers = chosen.all ? await every(client) : sequences.map(integer(1, Number.MAX_SAFE_INTEGER));
      if (chosen.all && !chosen.yes)
        throw usageError(`This would ${verb} ${count(numbers.length)}: add --yes if that is what you want.`);
      const refused = await settle(io, client, verb, numbers);
      return refused ? exitCode.usage : undefined;
    });
}

// One that went meanwhile must not keep the others from their turn.
async function settle(io: Io, client: Client, verb: 'redrive' | 'drop', sequences: readonly number[]): Promise<number> {
  let refused = 0;
  for (const sequence of sequences) {
    try {
      if (verb === 'drop') await client.request('DELETE', `/api/v1/dead/${sequence}`);
      else await client.request('POST', `/api/v1/dead/${sequence}/redrive`);
      await io.out.line(`${sequence} ${verb === 'drop' ? 'dropped' : 'sent again'}`);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      refused += 1;
      io.err.put(`${sequence}: ${manyLines(error.message)}\n`);
    }
  }
  return refused;
}

async function every(client: Client): Promise<number[]> {
  const sequences: number[] = [];
  for (let after: string | undefined; ; ) {
    const page = await client.get<{ items: DeadLetterView[]; next?: string }>('/api/v1/dead', { limit: 1000, after });
    sequences.push(...page.items.map(({ sequence }) => sequence));
    if (page.next === undefined) return sequences;
    after = page.next;
  }
}

async function letterPage(client: Client, limit: number): Promise<DeadLetterView[]> {
  return (await client.get<{ items: DeadLetterView[] }>('/api/v1/dead', { limit })).items;
}

function count(letters: number): string {
  return letters === 1 ? '1 dead letter' : `${letters} dead letters`;
}

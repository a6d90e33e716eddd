// assay runs ls | show | logs | cancel
import type { StoredRun } from '@assay/store';
import { Option } from 'commander';
import { type Define, integer, outputOption } from '../command.ts';
import { itemsOf, print, shortTime } from '../listing.ts';
import { connect } from '../platform.ts';
import type { Column } from '../table.ts';
import { oneLine, toJson } from '../terminal-text.ts';

const columns: readonly Column<StoredRun>[] = [
  { title: 'RUN', value: ({ runId }) => runId },
  { title: 'PIPELINE', value: ({ pipeline }) => pipeline },
  { title: 'TARGET', value: ({ target }) => target, shrinkTo: 12, keep: 'end' },
  { title: 'REVISION', value: ({ revision }) => revision, shrinkTo: 8 },
  { title: 'PHASE', value: ({ phase }) => phase },
  { title: 'UPDATED', value: ({ updatedAt }) => shortTime(updatedAt) },
];

export const define: Define = (command, io) => {
  command
    .command('ls')
    .summary('list runs, newest first')
    .description('List runs, newest first.')
    .option('--target <name>', 'of this target')
    .addOption(
      new Option('--phase <phase>', 'that have come this far').choices([
        'requested',
        'started',
        'finished',
        'assessed',
      ]),
    )
    .option('--limit <count>', 'at most this many', integer(1, 100_000), 50)
    .addOption(outputOption())
    .example('assay runs ls --target shop', 'the history of one target')
    .does(
      io,
      async ({ output, limit, ...query }: { output: string; limit: number; target?: string; phase?: string }) => {
        const runs = itemsOf<StoredRun>(await connect(io), '/api/v1/runs', query, limit);
        await print(io, runs, { format: output, columns, empty: 'no runs' });
        return undefined;
      },
    );

  command
    .command('show')
    .summary('show a run: findings, tasks and whether its counts add up')
    .description('Show a run: its findings, its tasks and whether its counts add up.')
    .argument('<id>', 'the run')
    .addOption(outputOption())
    .example('assay runs show 0199a0c1-…', 'as `assay scan` showed it')
    .does(io, async (id: string, options: { output: string }) => {
      const client = await connect(io);
      const run = await client.get<StoredRun>(`/api/v1/runs/${encodeURIComponent(id)}`);
      if (options.output === 'json') await io.out.line(toJson(run, 2));
      else if (!run.assessed) {
        await print(io, [run], { format: 'table', columns, empty: '' });
        await io.out.line('\nIt is not assessed yet: its counts are not all in.');
      } else {
        const { assessmentOf } = await import('../follow-run.ts');
        const { showRun } = await import('../show-run.ts');
        await showRun(io, client, assessmentOf(run.assessed), { output: 'table', limit: 200 });
      }
      return undefined;
    });

  command
    .command('logs')
    .summary('show what the steps of a run wrote')
    .description('Show what the steps of a run wrote, secrets redacted, as far as its backend keeps it.')
    .argument('<id>', 'the run')
    .argument('[task]', 'of this task only')
    .argument('[step]', 'of this step only')
    .example('assay runs logs 0199a0c1-…', 'all of them, each line with its task and step')
    .example('assay runs logs 0199a0c1-… gosec scan', 'one as it is')
    .does(io, async (id: string, task: string | undefined, step: string | undefined) => {
      const { showLogs } = await import('../show-logs.ts');
      await showLogs(io, await connect(io), id, { task, step });
      return undefined;
    });

  command
    .command('cancel')
    .summary('have a run ended')
    .description('Have a run ended. What it has handed over until then stays, and closes no finding.')
    .argument('<id>', 'the run')
    .option('--reason <text>', 'shown with what is ended by it')
    .example('assay runs cancel 0199a0c1-… --reason "wrong branch"', 'its tasks end as cancelled')
    .does(io, async (id: string, { reason }: { reason?: string }) => {
      const client = await connect(io);
      await client.request('POST', `/api/v1/runs/${encodeURIComponent(id)}/cancel`, {
        json: reason === undefined ? {} : { reason },
        // Twice does no harm.
        isRepeatable: true,
      });
      await io.out.line(oneLine(`run ${id} is to be cancelled`));
      return undefined;
    });
};

// assay finding ls | show

import { InvalidInput } from '@assay/contracts/errors';
import { severityNames, transitionNames } from '@assay/contracts/names';
import type { StoredFinding } from '@assay/store';
import { Option } from 'commander';
import { type Define, integer, list, outputOption } from '../command.ts';
import { describeFinding, findingColumns } from '../finding-text.ts';
import { itemsOf, print } from '../listing.ts';
import { connect } from '../platform.ts';
import { printSarif } from '../print-sarif.ts';
import { toJson } from '../terminal-text.ts';

interface ListOptions {
  target?: string;
  tool?: string;
  rule?: string;
  state: string;
  severity?: string[];
  run?: string;
  transition?: string[];
  path?: string;
  limit: number;
  output: string;
}

export const define: Define = (command, io) => {
  command
    .command('ls')
    .summary('list findings, worst first')
    .description('List findings, worst first.')
    .option('--target <name>', 'of this target')
    .option('--tool <name>', 'by this tool')
    .option('--rule <id>', 'of this rule')
    .addOption(
      new Option('--state <state>', 'as they stand now')
        .choices(['open', 'fixed', 'suppressed', 'all'])
        .default('open'),
    )
    .option('--severity <names>', `of these, comma-separated: ${severityNames.all.join(', ')}`, list(severityNames.all))
    .option('--run <id>', 'seen by this run')
    .option(
      '--transition <names>',
      'with these in the run: opened, recurred, reopened, fixed, suppressed',
      list(transitionNames.all),
    )
    .option('--path <start>', 'whose path starts like this')
    .option('--limit <count>', 'at most this many', integer(1, 1_000_000), 100)
    .addOption(outputOption(['table', 'json', 'sarif']))
    .example('assay finding ls --severity high,critical', 'what is open and bad')
    .example('assay finding ls --target shop --state fixed', 'what was repaired')
    .example(
      'assay finding ls --run 0199… --transition opened -o sarif > new.sarif',
      'what a run found that was not there before',
    )
    .does(io, async (options: ListOptions) => {
      const client = await connect(io);
      // A fixed one is no longer open: asking for it by transition means it all the same.
      const state = options.state === 'all' || options.transition ? undefined : options.state;
      const { output, limit, severity, transition, ...fields } = options;
      const query = { ...fields, state, severity: severity?.join(','), transition: transition?.join(',') };
      // One more than asked for tells whether there are more.
      const found = itemsOf<StoredFinding>(client, '/api/v1/findings', query, limit + 1);
      let isCut = false;
      const shown = atMost(limit, found, () => {
        isCut = true;
      });
      if (output === 'sarif') await printSarif(io, shown);
      else await print(io, shown, { format: output, columns: findingColumns, empty: 'no findings' });
      if (isCut) io.err.put(`showing the first ${limit}; more with --limit\n`);
      return undefined;
    });

  command
    .command('show')
    .summary('show one finding with all that is known')
    .description('Show one finding with all that is known: text, place, history, owners, references.')
    .argument('<id>', 'its identity; at least 8 digits from the start')
    .addOption(outputOption())
    .example('assay finding show 3f9a61c2', 'the first digits are enough')
    .does(io, async (id: string, options: { output: string }) => {
      const client = await connect(io);
      const { items } = await client.get<{ items: StoredFinding[] }>(`/api/v1/findings/${encodeURIComponent(id)}`);
      if (items.length === 0)
        throw new InvalidInput(`there is no finding ${id}; \`assay finding ls -o json\` lists identities`, {
          code: 'finding.missing',
        });
      if (options.output === 'json') await io.out.line(toJson(items, 2));
      else for (const finding of items) await io.out.line(describeFinding(finding, io.out));
      return undefined;
    });
};

async function* atMost<T>(limit: number, items: AsyncIterable<T>, onMore: () => void): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    if (count === limit) {
      onMore();
      return;
    }
    count += 1;
    yield item;
  }
}

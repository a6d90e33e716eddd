// assay tools ls | install
import type { ToolInstall, ToolState } from '@assay/executor';
import { type Define, outputOption } from '../command.ts';
import { homeFolder } from '../connection.ts';
import { exitCode } from '../exit-codes.ts';
import { print } from '../listing.ts';
import type { Column } from '../table.ts';
import { manyLines } from '../terminal-text.ts';

const columns: readonly Column<ToolState>[] = [
  { title: 'TOOL', value: ({ name }) => name },
  {
    title: 'STATE',
    value: ({ isPresent }) => (isPresent ? 'ready' : 'missing'),
    style: ({ isPresent }) => (isPresent ? 'green' : 'yellow'),
  },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'HOW IT COMES', value: ({ install, repair }) => repair || install },
  { title: 'WHERE', value: ({ path }) => path, shrinkTo: 16, keep: 'end' },
];

const installColumns: readonly Column<ToolInstall>[] = [
  { title: 'TOOL', value: ({ name }) => name },
  { title: 'OUTCOME', value: ({ outcome }) => outcome, style: ({ outcome }) => outcomeStyles[outcome] },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'WHY', value: ({ reason }) => reason.split('\n')[0], shrinkTo: 24 },
  { title: 'WHERE', value: ({ path }) => path, shrinkTo: 16, keep: 'end' },
];
const outcomeStyles = { installed: 'green', skipped: 'dim', failed: 'red' } as const;

export const define: Define = (command, io) => {
  command
    .command('ls')
    .summary('list scanners: which are here, how each is installed')
    .description('List scanners: which are on this machine, in which version, and how each is installed.')
    .addOption(outputOption())
    .example('assay tools ls', 'a missing one is skipped by `assay scan`, and named')
    .does(io, async (options: { output: string }) => {
      const { listTools, loadComponents, toolPlaces } = await import('@assay/executor');
      const tools = await listTools(await loadComponents(), toolPlaces(homeFolder(io.env)));
      await print(io, tools, { format: options.output, columns, empty: 'no tools' });
      return undefined;
    });

  command
    .command('install')
    .summary('install pinned versions of scanners for Assay')
    .description(
      'Install the pinned versions of scanners into Assay’s own cache, each from its registry, one after the other. ' +
        'One that fails keeps no other back: the exit code is 4, and the same command tries again what is missing. ' +
        'Settings of pip, go, npm and mvn hold; without mvn, jars come from Maven Central or from MVNW_REPOURL.',
    )
    .argument('<names...>', 'the tools; `all` for every one that a registry gives')
    .addOption(outputOption())
    .example('assay tools install all', 'takes minutes: some are built with Go')
    .example('assay tools install bandit semgrep', 'the machine’s own Python stays as it is')
    .does(io, async (names: string[], options: { output: string }) => {
      const { installTools, loadComponents } = await import('@assay/executor');
      const ended: ToolInstall[] = [];
      for await (const tool of installTools(names, {
        home: homeFolder(io.env),
        components: await loadComponents(),
        onProgress: (line) => io.err.put(`${manyLines(line)}\n`),
        signal: io.signal,
      })) {
        ended.push(tool);
        // In full here, because a program's last words are several lines; the table has the first.
        if (tool.outcome === 'failed') io.err.put(`${manyLines(`${tool.name}: ${tool.reason}`)}\n`);
      }
      await print(io, ended, { format: options.output, columns: installColumns, empty: 'no tools' });
      const failed = ended.filter(({ outcome }) => outcome === 'failed').length;
      if (options.output !== 'json') {
        const count = (outcome: string) => ended.filter((tool) => tool.outcome === outcome).length;
        await io.out.line(`${count('installed')} installed, ${count('skipped')} skipped, ${failed} failed`);
      }
      if (io.signal.aborted) return exitCode.interrupted;
      return failed === 0 ? undefined : exitCode.incomplete;
    });
};

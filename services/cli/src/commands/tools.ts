// assay tools ls | install
import type { ToolState } from '@assay/executor';
import { type Define, outputOption } from '../command.ts';
import { homeFolder } from '../connection.ts';
import { print } from '../listing.ts';
import type { Column } from '../table.ts';
import { manyLines, oneLine, toJson } from '../terminal-text.ts';

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
    .summary('install a pinned version of a scanner for Assay')
    .description('Install the pinned version of a scanner into Assay’s own cache, from its registry.')
    .argument('<name>', 'the tool')
    .addOption(outputOption())
    .example('assay tools install bandit', 'the machine’s own Python stays as it is')
    .does(io, async (name: string, options: { output: string }) => {
      const { installTool, loadComponents } = await import('@assay/executor');
      const tool = await installTool(name, {
        home: homeFolder(io.env),
        components: await loadComponents(),
        onProgress: (line) => io.err.put(`${manyLines(line)}\n`),
        signal: io.signal,
      });
      await io.out.line(
        options.output === 'json' ? toJson(tool) : oneLine(`${tool.name} ${tool.version} is ready: ${tool.path}`),
      );
      return undefined;
    });
};

// assay scan PATH
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { severityNames } from '@assay/contracts/names';
import { Option } from 'commander';
import { type Define, integer, list, outputOption } from '../command.ts';
import { type StepArgument, scanSteps, step } from '../steps.ts';

interface ScanOptions {
  target?: string;
  revision?: string;
  failOn?: string;
  only?: string[];
  step?: StepArgument[];
  limit: number;
  output: string;
}

const severities = severityNames.all.filter((name) => name !== 'unspecified');

export const define: Define = (command, io) => {
  command
    .argument('[path]', 'the folder', '.')
    .option('--target <name>', 'whose history this is; default: the git remote’s name, else the folder’s')
    .option('--revision <id>', 'what is scanned; default: the git commit')
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 when an open finding is at least this bad').choices(severities),
    )
    .option('--only <tools>', 'just these, comma-separated', list())
    .option(
      '--step <step>',
      'enrich by this step, as NAME:KEY=VALUE,…; may be repeated; default: codeowners, deduplicate',
      step,
    )
    .option('--limit <count>', 'show at most this many in the table', integer(1, 100_000), 200)
    .addOption(outputOption(['table', 'json', 'sarif']))
    .example('assay scan', 'scans this folder')
    .example(
      'assay scan services/web --only eslint,secretlint --fail-on high',
      'two tools; exit code 1 for high or critical',
    )
    .example('assay scan . --step annotate:team=web --step codeowners', 'with these steps instead, in this order')
    .example('assay scan . -o sarif > findings.sarif', 'for other systems')
    .does(io, async (path: string, options: ScanOptions) => {
      const folder = await folderAt(resolve(io.cwd, path));
      if (options.only) {
        const { checkTools, platformComponents } = await import('../platform-components.ts');
        const known = await platformComponents(io);
        if (known) checkTools(options.only, known);
      }
      const { openPlatform } = await import('../open-platform.ts');
      const { requestRun } = await import('../request-run.ts');
      const { targetNameOf } = await import('../target-name.ts');
      await using platform = await openPlatform(io);
      // Awaited here: the platform ends with this block.
      return await requestRun(
        io,
        platform.client,
        {
          sourcePath: folder,
          target: options.target ?? (await targetNameOf(folder)),
          ...(options.revision ? { revision: options.revision } : {}),
          ...(options.only ? { components: options.only } : {}),
          steps: options.step ?? [...scanSteps],
        },
        { output: options.output, limit: options.limit, ...(options.failOn ? { failOn: options.failOn } : {}) },
      );
    });
};

async function folderAt(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InvalidInput(`${path} cannot be read; give a folder that is there`, { code: 'scan.path', cause });
  });
  if (!found.isDirectory())
    throw new InvalidInput(`${path} is no folder; give the one it is in`, { code: 'scan.path' });
  return realpath(path);
}

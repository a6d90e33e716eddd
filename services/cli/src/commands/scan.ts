// assay scan PATH
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { severityNames } from '@assay/contracts/names';
import { Option } from 'commander';
import { type Define, integer, list, outputOption } from '../command.ts';
import { leftOut } from '../left-out.ts';
import { type StepArgument, scanSteps, step } from '../steps.ts';

interface ScanOptions {
  upload?: boolean;
  follow?: boolean;
  exclude?: string[];
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
    .argument('[source]', 'a folder, or the address of a git repository or archive', '.')
    .option('--target <name>', 'whose history this is; default: the git remote’s name, else the folder’s')
    .option('--revision <id>', 'what is scanned; default: the git commit')
    .option('--upload', 'send the folder along; default where the platform is on another machine')
    .option('--exclude <names>', `not sent along, comma-separated; default: ${leftOut.join(', ')}`, exactList)
    .option('--follow', 'show what the tools write while they run')
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
    .example('assay scan https://github.com/acme/shop.git --revision main', 'a repository that the run fetches itself')
    .example('assay scan . --upload --follow', 'this folder on a platform that cannot see it')
    .example('assay scan . -o sarif > findings.sarif', 'for other systems')
    .does(io, async (source: string, options: ScanOptions) => {
      const isUrl = /^(https?|ssh):\/\//.test(source);
      const folder = isUrl ? undefined : await folderAt(resolve(io.cwd, source));
      if (options.only) {
        const { checkTools, platformComponents } = await import('../platform-components.ts');
        const known = await platformComponents(io);
        if (known) checkTools(options.only, known);
      }
      const { openPlatform } = await import('../open-platform.ts');
      const { requestRun } = await import('../request-run.ts');
      await using platform = await openPlatform(io);
      const { sourceOf } = await import('../upload-source.ts');
      const what = folder === undefined ? { sourceUrl: source } : await sourceOf(platform.client, folder, options);
      const target = options.target ?? (folder === undefined ? undefined : await nameOf(folder));
      // Awaited here: the platform ends with this block.
      return await requestRun(
        io,
        platform.client,
        {
          ...what,
          ...(target === undefined ? {} : { target }),
          ...(options.revision ? { revision: options.revision } : {}),
          ...(options.only ? { components: options.only } : {}),
          steps: options.step ?? [...scanSteps],
        },
        {
          output: options.output,
          limit: options.limit,
          follow: options.follow ?? false,
          ...(options.failOn ? { failOn: options.failOn } : {}),
        },
      );
    });
};

async function nameOf(folder: string): Promise<string> {
  const { targetNameOf } = await import('../target-name.ts');
  return targetNameOf(folder);
}

function exactList(value: string, previous: string[] = []): string[] {
  return [...previous, ...value.split(',').filter(Boolean)];
}

async function folderAt(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InvalidInput(`${path} cannot be read; give a folder that is there`, { code: 'scan.path', cause });
  });
  if (!found.isDirectory())
    throw new InvalidInput(`${path} is no folder; give the one it is in`, { code: 'scan.path' });
  return realpath(path);
}

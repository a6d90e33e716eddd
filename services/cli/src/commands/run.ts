// assay run DIR
import { resolve } from 'node:path';
import { severityNames } from '@assay/contracts/names';
import { Option } from 'commander';
import { type Define, integer, outputOption, pairs } from '../command.ts';
import { type StepArgument, step } from '../steps.ts';

interface RunOptions {
  follow?: boolean;
  upload?: boolean;
  source?: string;
  target?: string;
  revision?: string;
  param?: Record<string, string>;
  step?: StepArgument[];
  failOn?: string;
  limit: number;
  output: string;
}

export const define: Define = (command, io) => {
  command
    .argument('<dir>', 'folder with kustomization.yaml and pipelinerun.yaml')
    .option('--source <path>', 'the folder that is scanned; default: what the pipeline’s own source component fetches')
    .option('--target <name>', 'whose history this is; default: as `assay scan` names the source')
    .option('--revision <id>', 'what is scanned')
    .option('--upload', 'send that folder along; default where the platform is on another machine')
    .option('--follow', 'show what the tools write while they run')
    .option('--param <name=value>', 'sets or replaces a parameter of pipelinerun.yaml; may be repeated', pairs)
    .option('--step <step>', 'enrich by this step, as NAME:KEY=VALUE,…; may be repeated', step)
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 when an open finding is at least this bad').choices(
        severityNames.all.filter((name) => name !== 'unspecified'),
      ),
    )
    .option('--limit <count>', 'show at most this many in the table', integer(1, 100_000), 200)
    .addOption(outputOption(['table', 'json', 'sarif']))
    .example('assay run examples/pipelines/javascript --source .', 'runs that pipeline on this folder')
    .does(io, async (folder: string, options: RunOptions) => {
      const { loadPipeline } = await import('@assay/pipeline');
      const { pipelineRequest } = await import('../pipeline-request.ts');
      const { checkComponents, platformComponents } = await import('../platform-components.ts');
      const { openPlatform } = await import('../open-platform.ts');
      const { requestRun } = await import('../request-run.ts');
      const pipeline = await loadPipeline(resolve(io.cwd, folder));
      const request = await pipelineRequest(pipeline, {
        ...options,
        ...(options.source ? { source: resolve(io.cwd, options.source) } : {}),
      });
      const known = await platformComponents(io);
      if (known) await checkComponents(pipeline, known);
      await using platform = await openPlatform(io);
      const { sourceOf } = await import('../upload-source.ts');
      const { sourcePath, ...rest } = request;
      const what = sourcePath ? await sourceOf(platform.client, sourcePath, options) : {};
      // Awaited here: the platform ends with this block.
      return await requestRun(
        io,
        platform.client,
        { ...rest, ...what },
        {
          output: options.output,
          limit: options.limit,
          follow: options.follow ?? false,
          ...(options.failOn ? { failOn: options.failOn } : {}),
        },
      );
    });
};

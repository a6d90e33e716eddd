// assay pipeline build | validate | deploy | prune | run
import { resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { ComposeOptions } from '@assay/pipeline';
import { Option } from 'commander';
import { type AssayCommand, type Define, integer, outputOption, pairs } from '../command.ts';
import type { Io } from '../io.ts';
import type { Change, DryRun } from '../pipeline/deploy-pipeline.ts';
import { type FindFlags, findingFlags } from '../pipeline/find-flags.ts';
import type { RunFlags } from '../pipeline/run-pipeline.ts';
import { step } from '../steps.ts';
import { manyLines, oneLine, toJson } from '../terminal-text.ts';

interface ComposeFlags extends FindFlags {
  registry?: string;
  imageVersion?: string;
  tasks: 'inline' | 'reference';
}

interface ClusterFlags extends ComposeFlags {
  namespace?: string;
  context?: string;
  dryRun?: DryRun;
  force?: boolean;
  prune?: boolean;
}

const folderText = 'folder with kustomization.yaml and pipelinerun.yaml';

export const define: Define = (command, io) => {
  composing(command.command('build'))
    .summary('compose a pipeline’s folder to one Tekton Pipeline')
    .description(
      'Compose a pipeline’s folder to one Tekton Pipeline and print it, with what its tasks read. With --write plain kustomize builds the same from the folder: a kustomization.yaml is written beside each component, and a pipeline.yaml for them to be added to.',
    )
    .argument('<dir>', folderText)
    .option('--write', 'write what plain kustomize needs, and print nothing else')
    .addOption(outputOption(['yaml', 'json']))
    .example('assay pipeline build examples/pipelines/javascript | kubectl apply -f -', 'without our deploy')
    .example('assay pipeline build my-pipeline --write && kustomize build my-pipeline', 'the same, by kustomize')
    .does(io, async (folder: string, flags: ComposeFlags & { output: string; write?: boolean }) => {
      if (flags.write) {
        const { writeKustomizations } = await import('@assay/pipeline');
        const { findOptions } = await import('../pipeline/find-flags.ts');
        const files = await writeKustomizations(resolve(io.cwd, folder), await findOptions(io, flags));
        for (const file of files) await io.out.line(oneLine(file));
        return undefined;
      }
      const objects = await compose(io, folder, flags);
      const { stringify } = await import('yaml');
      const texts = objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
      await io.out.write(flags.output === 'json' ? `${toJson(objects, 2)}\n` : manyLines(texts.join('---\n')));
      return undefined;
    });

  findingFlags(command.command('validate'))
    .summary('say everything that is wrong with pipelines, before anything runs')
    .description(
      'Say everything that is wrong with pipelines before anything runs: unknown and missing params, tasks that wait for each other, names that are there twice, a producer without a source, a Task without a stage, references that lead nowhere. File, line and repair of each.',
    )
    .argument('<dir...>', folderText)
    .example('assay pipeline validate examples/pipelines/*', 'for CI')
    .does(io, async (folders: string[], flags: FindFlags) => {
      const { loadNoted } = await import('../pipeline/find-flags.ts');
      const mistakes: string[] = [];
      for (const folder of folders) {
        const loaded = await loadNoted(io, folder, flags).catch((error: unknown) => {
          if (!(error instanceof InvalidInput)) throw error;
          mistakes.push(error.message);
          return undefined;
        });
        if (loaded)
          await io.out.line(oneLine(`${loaded.name}: ${loaded.components.length} components, nothing is wrong`));
      }
      if (mistakes.length > 0) throw new InvalidInput(mistakes.join('\n'), { code: 'pipeline.invalid' });
      return undefined;
    });

  onCluster(command.command('deploy'))
    .summary('apply a pipeline to a cluster, by server-side apply')
    .description(
      'Apply a pipeline to a cluster, by server-side apply: its Pipeline and what its tasks read. What others own in them stays theirs unless --force is given.',
    )
    .argument('<dir>', folderText)
    .option('--force', 'take over fields that others own')
    .option('--prune', 'remove what the pipeline no longer has, afterwards')
    .example(
      'assay pipeline deploy my-pipeline -n assay-runs --dry-run=server',
      'what would change, checked by the server',
    )
    .does(io, async (folder: string, flags: ClusterFlags) => {
      const { deploy, prune } = await import('../pipeline/deploy-pipeline.ts');
      const objects = await compose(io, folder, flags);
      const { kube, options } = await cluster(flags);
      await tell(io, deploy(kube, objects, options), flags.dryRun);
      if (flags.prune) await tell(io, prune(kube, objects, options), flags.dryRun);
      return undefined;
    });

  onCluster(command.command('prune'))
    .summary('remove what a pipeline no longer has from a cluster')
    .description(
      'Remove from a namespace what carries the pipeline’s label and is not in its folder any more. Runs are left alone.',
    )
    .argument('<dir>', folderText)
    .example('assay pipeline prune my-pipeline -n assay-runs --dry-run=client', 'what would go')
    .does(io, async (folder: string, flags: ClusterFlags) => {
      const { prune } = await import('../pipeline/deploy-pipeline.ts');
      const objects = await compose(io, folder, flags);
      const { kube, options } = await cluster(flags);
      await tell(io, prune(kube, objects, options), flags.dryRun);
      return undefined;
    });

  findingFlags(command.command('run'))
    .summary('ask the platform to run a pipeline')
    .description(
      'Ask the platform to run a pipeline, and show the findings. Its executor makes the PipelineRun; people need no right to. Values: --param wins over --params-file, that over pipelinerun.yaml.',
    )
    .argument('<dir>', folderText)
    .option('--param <name=value>', 'sets or replaces a parameter; may be repeated', pairs)
    .option('--params-file <file>', 'YAML or JSON, a mapping of parameters to values')
    .option('--source <path>', 'the folder that is scanned')
    .option('--upload', 'send that folder along; default where the platform is on another machine')
    .option('--source-url <address>', 'git repository or archive that the run fetches')
    .option('--target <name>', 'whose history this is; default: as `assay scan` names the source')
    .option('--revision <id>', 'what is scanned')
    .option('--step <step>', 'enrich by this step, as NAME:KEY=VALUE,…; may be repeated', step)
    .option('--follow', 'show what the tools write while they run')
    .option('--limit <count>', 'show at most this many in the table', integer(1, 100_000), 200)
    .addOption(outputOption(['table', 'json', 'sarif']))
    .example('assay pipeline run examples/pipelines/golang --source-url https://git.example.org/shop.git', 'scans that')
    .does(io, async (folder: string, flags: RunFlags) => {
      const { runPipeline } = await import('../pipeline/run-pipeline.ts');
      return runPipeline(io, folder, flags);
    });
};

function composing(command: AssayCommand): AssayCommand {
  return findingFlags(command)
    .option('--registry <registry>', 'take Assay’s images from here; default: ghcr.io/assay')
    .option('--image-version <tag>', 'take this version of Assay’s images')
    .addOption(
      new Option('--tasks <how>', 'inline: within the Pipeline; reference: as Tasks of their own')
        .choices(['inline', 'reference'])
        .default('inline'),
    );
}

function onCluster(command: AssayCommand): AssayCommand {
  return composing(command)
    .option('-n, --namespace <name>', 'default: the kubeconfig’s')
    .option('--context <name>', 'of the kubeconfig; default: its current one')
    .addOption(
      new Option(
        '--dry-run <where>',
        'change nothing, show the difference: as the server sees it, or reckoned here',
      ).choices(['server', 'client']),
    );
}

async function compose(io: Io, folder: string, flags: ComposeFlags) {
  const { composedObjects } = await import('@assay/pipeline');
  const { loadNoted } = await import('../pipeline/find-flags.ts');
  const { registry, imageVersion: version, tasks } = flags;
  const images = { ...(registry ? { registry } : {}), ...(version ? { version } : {}) };
  const options: ComposeOptions = { tasks, images };
  return composedObjects(await loadNoted(io, folder, flags), options);
}

async function cluster({ namespace, context, dryRun, force }: ClusterFlags) {
  const { connectKube } = await import('@assay/kube');
  const kube = await connectKube({ ...(context ? { context } : {}), ...(namespace ? { namespace } : {}) });
  const options = { namespace: kube.namespace, ...(dryRun ? { dryRun } : {}), ...(force ? { force } : {}) };
  return { kube, options };
}

async function tell(io: Io, changes: AsyncIterable<Change>, dryRun: DryRun | undefined): Promise<void> {
  for await (const { object, what, difference } of changes) {
    const place = oneLine(`${object.kind}/${object.name} in ${object.namespace}`);
    await io.out.line(dryRun && what !== 'unchanged' ? `${place} would be ${what}` : `${place} ${what}`);
    if (dryRun) await io.out.write(manyLines(difference));
  }
}

// assay component ls | new | validate | package
import { relative, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { Component } from '@assay/pipeline';
import { Argument, Option } from 'commander';
import { type Define, outputOption, usageError } from '../command.ts';
import type { Io } from '../io.ts';
import { print } from '../listing.ts';
import { type FindFlags, findingFlags, findOptions } from '../pipeline/find-flags.ts';
import { type NewStage, newStages } from '../pipeline/new-component.ts';
import type { Column } from '../table.ts';
import { oneLine } from '../terminal-text.ts';

interface PackageFlags extends FindFlags {
  output?: string;
  layout?: string;
  tag: string;
  push?: string;
  chart?: string;
  chartVersion: string;
  registry?: string;
  imageVersion?: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'STAGE', value: ({ stage }) => stage },
  { title: 'DESCRIPTION', value: ({ description }) => description, shrinkTo: 24 },
  { title: 'FILE', value: ({ file }) => file, shrinkTo: 24, keep: 'end' },
];

interface Row {
  readonly name: string;
  readonly stage: string;
  readonly description: string;
  readonly params: readonly string[];
  readonly file: string;
}

export const define: Define = (command, io) => {
  findingFlags(command.command('ls'))
    .summary('list components')
    .description('List components: those that the platform of this machine runs, or those of folders.')
    .argument('[path...]', 'folders of components, components, oci:// references')
    .addOption(outputOption())
    .example('assay component ls examples/components', 'those of that folder')
    .does(io, async (paths: string[], flags: FindFlags & { output: string }) => {
      const components = paths.length > 0 ? await find(io, paths, flags) : await ofPlatform(io);
      const rows = components.map(({ name, stage, description, params, file }) => ({
        name,
        stage,
        description: oneLine(description),
        params: params.map((param) => param.name),
        file: relative(io.cwd, file),
      }));
      await print(io, rows, { format: flags.output, columns, empty: 'no components' });
      return undefined;
    });

  command
    .command('new')
    .summary('begin a component: a task.yaml that validates as it is')
    .description('Begin a component: write FOLDER/NAME/task.yaml, which validates and runs as it is, to be filled in.')
    .argument('<name>', 'of the component and its Task')
    .addArgument(new Argument('<stage>', 'what it does').choices(newStages))
    .option('--folder <folder>', 'where its folder goes', '.')
    .example('assay component new my-scanner producer', 'writes my-scanner/task.yaml')
    .does(io, async (name: string, stage: NewStage, { folder }: { folder: string }) => {
      const { newComponent } = await import('../pipeline/new-component.ts');
      await io.out.line(oneLine(relative(io.cwd, await newComponent(resolve(io.cwd, folder), name, stage))));
      return undefined;
    });

  findingFlags(command.command('validate'))
    .summary('say everything that is wrong with components')
    .description(
      'Say everything that is wrong with components, with file, line and repair, and what is only odd as notes.',
    )
    .argument('<path...>', 'components, folders of components, oci:// references')
    .example('assay component validate my-scanner', 'before it is used')
    .does(io, async (paths: string[], flags: FindFlags) => {
      const mistakes: string[] = [];
      for (const path of paths) {
        const found = await find(io, [path], flags).catch((error: unknown) => {
          if (!(error instanceof InvalidInput)) throw error;
          mistakes.push(error.message);
          return [];
        });
        for (const { name, stage, warnings } of found) {
          for (const warning of warnings) io.err.put(`note: ${oneLine(warning)}\n`);
          await io.out.line(oneLine(`${name}: ${stage}, nothing is wrong`));
        }
      }
      if (mistakes.length > 0) throw new InvalidInput(mistakes.join('\n'), { code: 'component.invalid' });
      return undefined;
    });

  findingFlags(command.command('package'))
    .summary('package components: for kustomize, as OCI artifacts, as a Helm chart')
    .description(
      'Package components for others. Without an option: write the kustomization.yaml beside each task.yaml, a kustomize Component that adds it to a Pipeline. One of Dracon’s is converted, so it needs a folder of its own.',
    )
    .argument('<path...>', 'components, folders of components')
    .option('--output <folder>', 'write each package to FOLDER/NAME')
    .option('--layout <folder>', 'write OCI artifacts to an OCI image layout, tagged NAME-TAG')
    .option('--push <repository>', 'push OCI artifacts to REGISTRY/REPOSITORY/NAME:TAG')
    .option('--tag <tag>', 'of the artifacts; the images’ version of a chart', '0.1.0')
    .option('--chart <name>', 'write one Helm chart, NAME-VERSION.tgz, to --output or here')
    .option('--chart-version <version>', 'of the chart', '0.1.0')
    .option('--registry <registry>', 'take Assay’s images from here; default: ghcr.io/assay')
    .option('--image-version <tag>', 'take this version of Assay’s images')
    .addOption(new Option('--dry-run', 'only say what would be written'))
    .example(
      'assay component package my-scanner --push registry.example.com/components',
      'for oci:// in a kustomization',
    )
    .example('assay component package my-scanner my-enricher --chart our-components', 'for helm install')
    .does(io, async (paths: string[], flags: PackageFlags & { dryRun?: boolean }) => {
      const components = await find(io, paths, flags);
      for (const line of await packageAll(io, components, flags)) await io.out.line(oneLine(line));
      return undefined;
    });
};

async function find(io: Io, paths: readonly string[], flags: FindFlags): Promise<Component[]> {
  const { findComponents } = await import('@assay/pipeline');
  const options = await findOptions(io, flags);
  const found = await Promise.all(paths.map((path) => findComponents(path, io.cwd, path, options)));
  return found.flat();
}

async function ofPlatform(io: Io): Promise<readonly Component[]> {
  const { platformComponents } = await import('../platform-components.ts');
  const known = await platformComponents(io);
  if (!known) throw usageError('the platform is on another machine, so its components cannot be seen; name folders');
  return known.components;
}

async function packageAll(
  io: Io,
  components: readonly Component[],
  flags: PackageFlags & { dryRun?: boolean },
): Promise<string[]> {
  const pack = await import('../pipeline/package-component.ts');
  const { packArtifact, parseReference, pushArtifact, writeLayout } = await import('@assay/oci');
  const { registry, imageVersion: version, tag, dryRun } = flags;
  const images = { ...(registry ? { registry } : {}), ...(version ? { version } : {}) };
  const at = (folder: string) => resolve(io.cwd, folder);
  const lines: string[] = [];
  const done = async (line: string, work: () => Promise<unknown>) => {
    if (!dryRun) await work();
    lines.push(dryRun ? `would write ${line}` : line);
  };
  if (flags.chart !== undefined) {
    const options = { name: flags.chart, version: flags.chartVersion, appVersion: tag };
    const files = await pack.chartOf(components, options);
    const folder = at(flags.output ?? '.');
    await done(relative(io.cwd, `${folder}/${options.name}-${options.version}.tgz`), () =>
      pack.writeChart(folder, files, options),
    );
    return lines;
  }
  for (const component of components) {
    const files = await pack.packageOf(component, images);
    const { name, stage, description, isConverted } = component;
    const artifact = packArtifact(files, {
      artifactType: pack.artifactType,
      annotations: {
        'org.opencontainers.image.title': name,
        'org.opencontainers.image.version': tag,
        'org.opencontainers.image.description': description,
        'assay.dev/stage': stage,
      },
    });
    if (flags.output !== undefined) {
      await done(relative(io.cwd, at(`${flags.output}/${name}`)), () =>
        pack.writeFiles(at(`${flags.output}/${name}`), files),
      );
    }
    if (flags.layout !== undefined) {
      await done(`${flags.layout}:${name}-${tag}`, () =>
        writeLayout(at(flags.layout ?? ''), artifact, `${name}-${tag}`),
      );
    }
    if (flags.push !== undefined) {
      const reference = parseReference(`${flags.push}/${name}:${tag}`);
      const { openRegistry } = await import('../pipeline/open-registry.ts');
      await done(`oci://${flags.push}/${name}:${tag}@${artifact.manifest.digest}`, async () =>
        pushArtifact(await openRegistry(io, reference.registry, flags), reference, artifact),
      );
    }
    if (flags.output === undefined && flags.layout === undefined && flags.push === undefined) {
      if (isConverted)
        throw new InvalidInput(`${name} is written for Dracon; give --output FOLDER`, { code: 'package.foreign' });
      const kustomization = files.filter(({ path }) => path === 'kustomization.yaml');
      await done(relative(io.cwd, `${component.folder}/kustomization.yaml`), () =>
        pack.writeFiles(component.folder, kustomization),
      );
    }
  }
  return lines;
}

// Builds the images of scanners: npm run images:tools -- [--registry R] [--builder buildah|docker] [--push] [names…]
// Each has the version that its task.yaml pins, and is named by it.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidInput } from '@assay/contracts';
import { imageOf } from '../build.ts';
import { type Builder, builderNamed, commandOf, pushCommand, run } from '../builder.ts';
import { kinds, makeContext, type ToolImage, toolImages } from './context.ts';

export interface Target {
  registry: string;
  /** Another base image than the kind's; it must have apt-get. */
  base?: string | undefined;
  /** Seconds since 1970 that every file and the image have. */
  epoch: string;
}

export function toolImageOf({ name, install }: ToolImage, { registry }: Pick<Target, 'registry'>): string {
  return imageOf(`tool-${name}`, { registry, version: install.version });
}

export function buildCommand(builder: Builder, tool: ToolImage, context: string, target: Target): string[] {
  const { name, install } = tool;
  const { base, stage, packages } = kinds[install.how];
  const args = {
    BASE_IMAGE: target.base ?? base,
    PACKAGES: packages,
    NAME: name,
    VERSION: install.version,
    ...(install.how === 'pypi' ? { SPEC: `${install.package}==${install.version}` } : {}),
  };
  const common = [
    '--file',
    join(import.meta.dirname, 'Dockerfile'),
    '--target',
    stage,
    ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
  ];
  return commandOf(builder, { image: toolImageOf(tool, target), context, epoch: target.epoch, common });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      registry: { type: 'string', default: 'ghcr.io/assay' },
      builder: { type: 'string', default: 'buildah' },
      base: { type: 'string' },
      push: { type: 'boolean', default: false },
    },
  });
  const builder = builderNamed(values.builder);
  const known = await toolImages();
  const unknown = positionals.filter((name) => !known.some((tool) => tool.name === name));
  if (unknown.length > 0) {
    throw new InvalidInput(
      `there is no image of ${unknown.join(', ')}; there are those of ${known.map(({ name }) => name).join(', ')}`,
      { code: 'images.name' },
    );
  }
  const target: Target = { ...values, epoch: process.env['SOURCE_DATE_EPOCH'] ?? '0' };
  for (const tool of known.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    await run(buildCommand(builder, tool, await makeContext(tool), target));
    const image = toolImageOf(tool, target);
    if (values.push) await run(pushCommand(builder, image));
    console.log(image);
  }
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(`images: ${error.message}`);
    process.exitCode = 1;
  });
}

// Builds the images: npm run images -- [--registry R] [--version V] [--builder buildah|docker] [--push] [names…]
// A context for each in node_modules/.cache/images, then the builder with the Dockerfile beside this file. The same
// sources give the same digest: files have no times, modes are settled, nothing says when or where it was built.
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidInput } from '@assay/contracts';
import { copyAssets, settleModes } from './assets.ts';
import { type Builder, builderNamed, commandOf, pushCommand, run } from './builder.ts';
import { bundleService, root } from './bundle.ts';
import { closureOf, copyModules, readLock } from './production-modules.ts';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const contexts = join(root, 'node_modules/.cache/images');
/** What the image of the command line has on its PATH beside `assay`. */
const scanners = [
  'eslint',
  'eslint-plugin-security',
  'secretlint',
  '@secretlint/secretlint-rule-preset-recommend',
  '@secretlint/secretlint-formatter-sarif',
];

export interface Target {
  registry: string;
  version: string;
  /** Another base image than the Dockerfile's. */
  base?: string | undefined;
  /** Seconds since 1970 that every file and the image have. */
  epoch: string;
}

export function imageOf(name: string, { registry, version }: Pick<Target, 'registry' | 'version'>): string {
  return `${registry.replace(/\/+$/, '')}/${name}:${version}`;
}

/** Every folder of services/ that can run. */
export async function imageNames(): Promise<string[]> {
  const folders = await readdir(join(root, 'services'), { recursive: true });
  return folders.flatMap((path) => /^([a-z-]+)\/src\/main\.ts$/.exec(path)?.[1] ?? []).sort();
}

/** Makes the folder that an image is built from: app/ and home/. Whoever asked removes it. */
export async function makeContext(name: string): Promise<string> {
  await mkdir(contexts, { recursive: true });
  const context = await mkdtemp(join(contexts, `${name}-`));
  const app = join(context, 'app');
  await mkdir(join(context, 'home'), { recursive: true });
  await bundleService(name, app, { isSplit: name === 'cli' });
  await copyAssets(name, app);
  if (name === 'cli') {
    const lock = await readLock(root);
    await copyModules(lock, closureOf(lock, scanners), root, app);
    await chmod(join(app, 'services/cli/src/main.mjs'), 0o755);
    await mkdir(join(app, 'bin'));
    await symlink('../services/cli/src/main.mjs', join(app, 'bin/assay'));
  }
  await settleModes(context);
  return context;
}

export function buildCommand(builder: Builder, name: string, context: string, target: Target): string[] {
  const image = imageOf(name, target);
  const args = {
    SERVICE: name,
    VERSION: target.version,
    ...(target.base ? { BASE_IMAGE: target.base } : {}),
  };
  const common = [
    '--file',
    join(import.meta.dirname, 'Dockerfile'),
    '--target',
    name === 'cli' ? 'cli' : 'service',
    ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
  ];
  return commandOf(builder, { image, context, epoch: target.epoch, common });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      registry: { type: 'string', default: 'ghcr.io/assay' },
      version: { type: 'string', default: version },
      builder: { type: 'string', default: 'buildah' },
      base: { type: 'string' },
      push: { type: 'boolean', default: false },
    },
  });
  const builder = builderNamed(values.builder);
  const known = await imageNames();
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new InvalidInput(`there is no image ${unknown.join(', ')}; there are ${known.join(', ')}`, {
      code: 'images.name',
    });
  const target: Target = { ...values, epoch: process.env['SOURCE_DATE_EPOCH'] ?? '0' };
  for (const name of positionals.length > 0 ? positionals : known) {
    const context = await makeContext(name);
    try {
      await run(buildCommand(builder, name, context, target));
    } finally {
      await rm(context, { recursive: true, force: true });
    }
    if (values.push) await run(pushCommand(builder, imageOf(name, target)));
    console.log(imageOf(name, target));
  }
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(`images: ${error.message}`);
    process.exitCode = 1;
  });
}

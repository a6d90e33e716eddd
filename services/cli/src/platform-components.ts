// The components that the platform runs, as far as they can be seen from here: its folder, on this machine.
import { readFile } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { Component, Pipeline } from '@assay/pipeline';
import type { Io } from './io.ts';

export interface PlatformComponents {
  folder: string;
  components: readonly Component[];
}

type Surroundings = Pick<Io, 'env' | 'cwd'>;

/** Undefined for a platform on another machine: its folder cannot be seen, and it refuses what it does not know. */
export async function platformComponents({ env, cwd }: Surroundings): Promise<PlatformComponents | undefined> {
  if (env['ASSAY_URL'] && !isLocal(env['ASSAY_URL'])) return undefined;
  const { defaultComponents, loadComponents } = await import('@assay/executor');
  const folders = (env['ASSAY_EXECUTOR_COMPONENTS'] || defaultComponents).split(delimiter).filter(Boolean);
  const folder = folders.map((each) => resolve(cwd, each)).join(delimiter);
  const components = await loadComponents(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
      throw new InvalidInput(`${folder} is no folder of components; set ASSAY_EXECUTOR_COMPONENTS to one`, {
        code: 'components.folder',
        cause,
      });
    throw cause;
  });
  return { folder, components };
}

/** Throws InvalidInput for a tool that the platform does not have. */
export function checkTools(names: readonly string[], known: PlatformComponents): void {
  const tools = known.components.filter(({ stage }) => stage === 'producer').map(({ name }) => name);
  const unknown = names.filter((name) => !tools.includes(name));
  if (unknown.length === 0) return;
  throw new InvalidInput(`there is no tool ${unknown.join(', ')}; known are ${tools.join(', ')}`, {
    code: 'scan.only',
  });
}

/** A run names its components only: throws InvalidInput where the platform would run another one by that name. */
export async function checkComponents(
  pipeline: Pick<Pipeline, 'components'>,
  known: PlatformComponents,
): Promise<void> {
  for (const { name, file } of pipeline.components) {
    const own = known.components.find((component) => component.name === name);
    if (own && (await isSame(own.file, file))) continue;
    const difference = own ? `is another one than the platform’s (${own.file})` : `is not in ${known.folder}`;
    throw new InvalidInput(
      `the component "${name}" (${file}) ${difference}, and the platform runs only its own: ` +
        'start it with ASSAY_EXECUTOR_COMPONENTS set to the folder that yours is in, and set that here too',
      { code: 'run.components' },
    );
  }
}

async function isSame(left: string, right: string): Promise<boolean> {
  if (left === right) return true;
  const [one, other] = await Promise.all([readFile(left), readFile(right)]);
  return one.equals(other);
}

/** Whether an address is on this machine. */
export function isLocal(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

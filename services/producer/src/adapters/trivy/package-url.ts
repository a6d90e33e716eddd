// The package URL of a package that Trivy found: its own since 0.48, else made from what the result says.
import { entryOf, type JsonObject, objectOf, textOf } from '../../json-values.ts';
import { canonicalPurl, packagePurl, purlOf } from '../../purl.ts';
import type { Result } from './result.ts';

/** Package managers and what they lock or install. */
const types: Readonly<Record<string, string>> = {
  bitnami: 'bitnami',
  bun: 'npm',
  bundler: 'gem',
  cargo: 'cargo',
  cocoapods: 'cocoapods',
  composer: 'composer',
  'composer-vendor': 'composer',
  conan: 'conan',
  'conda-environment': 'conda',
  'conda-pkg': 'conda',
  'dotnet-core': 'nuget',
  gemspec: 'gem',
  gobinary: 'golang',
  gomod: 'golang',
  gradle: 'maven',
  hex: 'hex',
  jar: 'maven',
  javascript: 'npm',
  julia: 'julia',
  mix: 'hex',
  'mix-lock': 'hex',
  'node-pkg': 'npm',
  npm: 'npm',
  nuget: 'nuget',
  'nuget-config': 'nuget',
  'packages-props': 'nuget',
  pip: 'pypi',
  pipenv: 'pypi',
  pnpm: 'npm',
  poetry: 'pypi',
  pom: 'maven',
  pub: 'pub',
  pylock: 'pypi',
  'python-pkg': 'pypi',
  rustbinary: 'cargo',
  'rust-binary': 'cargo',
  sbt: 'maven',
  swift: 'swift',
  uv: 'pypi',
  yarn: 'npm',
};

const debs: ReadonlySet<string> = new Set(['debian', 'echo', 'ubuntu']);
const apks: ReadonlySet<string> = new Set(['alpaquita', 'alpine', 'chainguard', 'minimos', 'wolfi']);

export function packageUrl(finding: JsonObject, { class: kind, type, osFamily, osName }: Result): string {
  const given = canonicalPurl(textOf(objectOf(finding['PkgIdentifier'])['PURL']));
  if (given) return given;
  const name = textOf(finding['PkgName']);
  const version = textOf(finding['InstalledVersion']);
  if (kind !== 'os-pkgs') {
    const purlType = textOf(entryOf(types, type));
    return purlType ? packagePurl(purlType, name, version) : '';
  }
  const family = osFamily.toLowerCase();
  if (!family) return '';
  if (apks.has(family)) {
    return purlOf({ type: 'apk', namespace: family, name, version, qualifiers: { distro: osName } });
  }
  const namespace = namespaceOf(family);
  const distro = osName ? `${namespace}-${osName}` : '';
  const isDeb = debs.has(family);
  // An RPM's epoch is a qualifier, a Debian package's belongs to its version.
  const [, epoch = '', rest = version] = (isDeb ? null : /^(\d+):(.*)$/.exec(version)) ?? [];
  return purlOf({
    type: isDeb ? 'deb' : 'rpm',
    namespace,
    name,
    version: rest,
    qualifiers: { distro, epoch: epoch === '0' ? '' : epoch },
  });
}

function namespaceOf(family: string): string {
  if (family.startsWith('opensuse')) return 'opensuse';
  return family.startsWith('suse ') || family === 'sles' || family === 'slem' ? 'suse' : family;
}

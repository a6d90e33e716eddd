// The package a record is about, and its package URL: OSV names ecosystems in its own way, "Debian:12" with a release.
import { type Fields, requiredText } from '../../fields.ts';
import { entryOf, textOf } from '../../json-values.ts';
import { packagePurl, purlOf } from '../../purl.ts';

export interface ScannedPackage {
  readonly name: string;
  readonly version: string;
  readonly ecosystem: string;
  /** "name@version" */
  readonly component: string;
  /** "" when OSV's ecosystem has no type of package URL. */
  readonly purl: string;
  /** The lock file, SBOM or image it was found in. */
  readonly path: string;
}

/** `path`: where the result says that its packages come from. */
export function scannedPackage(fields: Fields, path: string, where: string): ScannedPackage {
  const name = requiredText(fields, 'name', `${where}: "package"`);
  const version = textOf(fields['version']);
  const ecosystem = textOf(fields['ecosystem']);
  // Advisories of distributions are about source packages; other tools name the package that is installed.
  const installed = textOf(fields['os_package_name']) || name;
  const component = version ? `${installed}@${version}` : installed;
  return { name, version, ecosystem, component, purl: ecosystemPurl(ecosystem, installed, version), path };
}

/** By https://ossf.github.io/osv-schema/#defined-ecosystems. */
const types: Readonly<Record<string, string>> = {
  Bioconductor: 'bioconductor',
  Bitnami: 'bitnami',
  ConanCenter: 'conan',
  CRAN: 'cran',
  'crates.io': 'cargo',
  'GitHub Actions': 'github',
  Go: 'golang',
  Hackage: 'hackage',
  Hex: 'hex',
  Julia: 'julia',
  Maven: 'maven',
  npm: 'npm',
  NuGet: 'nuget',
  opam: 'opam',
  Packagist: 'composer',
  Pub: 'pub',
  PyPI: 'pypi',
  RubyGems: 'gem',
  SwiftURL: 'swift',
};

/** Type and namespace; the namespaces are those that Trivy writes, so that the two agree on a package. */
const distributions: Readonly<Record<string, readonly [string, string]>> = {
  AlmaLinux: ['rpm', 'alma'],
  Alpaquita: ['apk', 'alpaquita'],
  Alpine: ['apk', 'alpine'],
  'Azure Linux': ['rpm', 'azurelinux'],
  Chainguard: ['apk', 'chainguard'],
  Debian: ['deb', 'debian'],
  Echo: ['deb', 'echo'],
  Mageia: ['rpm', 'mageia'],
  MinimOS: ['apk', 'minimos'],
  openEuler: ['rpm', 'openeuler'],
  openSUSE: ['rpm', 'opensuse'],
  'Photon OS': ['rpm', 'photon'],
  'Red Hat': ['rpm', 'redhat'],
  'Rocky Linux': ['rpm', 'rocky'],
  SUSE: ['rpm', 'suse'],
  Ubuntu: ['deb', 'ubuntu'],
  Wolfi: ['apk', 'wolfi'],
};

/** `ecosystem` as OSV writes it, with what may stand behind a colon. */
export function ecosystemPurl(ecosystem: string, name: string, version: string): string {
  const [family = '', ...rest] = ecosystem.split(':');
  const type = textOf(entryOf(types, family));
  if (type) return packagePurl(type, name, version);
  const distribution = entryOf(distributions, family) as readonly [string, string] | undefined;
  if (!distribution) return '';
  const [kind, namespace] = distribution;
  const release = /^v?(\d[\w.]*)$/.exec(rest.find((part) => /^v?\d/.test(part)) ?? '')?.[1] ?? '';
  const distro = release && `${namespace}-${release}`;
  return purlOf({ type: kind, namespace, name, version, qualifiers: { distro } });
}

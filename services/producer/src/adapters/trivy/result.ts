// What a result of Trivy's is about: a lock file, the packages of an image, a configuration file, a resource.
import { type JsonObject, textOf } from '../../json-values.ts';

/** What holds for all results of a report, or of a cluster's resource. */
export interface Scan {
  /** "container_image", "filesystem", "repository", …; "kubernetes" for a resource of a cluster. */
  readonly artifactType: string;
  /** "default/Deployment/shop" in a cluster's report; else "". */
  readonly resource: string;
  readonly osFamily: string;
  readonly osName: string;
}

export interface Result {
  readonly target: string;
  /** "os-pkgs", "lang-pkgs", "config", "secret", "license", "license-file"; "" in the old shape. */
  readonly class: string;
  /** The package manager, distribution or kind of configuration file: "npm", "debian", "dockerfile". */
  readonly type: string;
  /** The target as a path; "" where it is none. */
  readonly path: string;
  readonly resource: string;
  readonly osFamily: string;
  readonly osName: string;
}

/** Names that stand for all packages of a kind, wherever they lie. */
const collective: ReadonlySet<string> = new Set([
  'Conda',
  'Java',
  'Kubernetes',
  'Loose File License(s)',
  'Node.js',
  'OS Packages',
  'Python',
  'Ruby',
]);

/** Distributions by their name as Type, for reports that do not say which results are about packages of the system. */
const systems: ReadonlySet<string> = new Set(
  'alma alpaquita alpine amazon azurelinux bottlerocket cbl-mariner centos chainguard coreos debian echo fedora minimos openeuler opensuse opensuse.leap opensuse-leap opensuse.tumbleweed opensuse-tumbleweed oracle photon redhat rocky slem sles suse ubuntu wolfi'
    .split(' ')
    .concat('suse linux enterprise micro', 'suse linux enterprise server'),
);

export function resultOf(fields: JsonObject, scan: Scan): Result {
  const target = textOf(fields['Target']);
  const type = textOf(fields['Type']);
  const isSystem = fields['Class'] === 'os-pkgs' || systems.has(type);
  // "shop:1.0 (debian 12.4)"
  const os = /\(([\w.-]+) ([^()\s]+)\)$/.exec(isSystem ? target : '');
  return {
    target,
    type,
    class: isSystem ? 'os-pkgs' : textOf(fields['Class']),
    path: isSystem ? '' : pathOf(target, textOf(fields['Class']), scan),
    resource: scan.resource || (target.startsWith('arn:') ? target : ''),
    osFamily: isSystem ? scan.osFamily || (systems.has(type) ? type : (os?.[1] ?? '')) : '',
    osName: isSystem ? scan.osName || (os?.[2] ?? '') : '',
  };
}

function pathOf(target: string, kind: string, { artifactType, resource }: Scan): string {
  if (collective.has(target) || target.startsWith('arn:')) return '';
  // A resource of a cluster is no file: "Deployment/shop", or the image that it runs.
  if (resource && kind !== 'secret' && kind !== 'lang-pkgs') return '';
  // The root is the image's: "/app/.env" lies in app.
  return artifactType === 'container_image' || artifactType === 'vm' ? target.replace(/^\/+/, '') : target;
}

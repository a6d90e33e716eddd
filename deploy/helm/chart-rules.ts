// What of the manifests an installation by Helm may choose, and how each choice is called in its values.
import type { Manifest } from './generate.ts';
import { block, conditional, expression, itemWhen, texts, variablesOf } from './template.ts';

const here = '{{ .Release.Namespace }}';
const runs = '{{ .Values.runs.namespace }}';
const withStore = '(and .Values.ferretdb.enabled (not .Values.store.existingSecret))';
/** Where the image of a service is in the values. */
const serviceImage = /^ghcr\.io\/assay\/([a-z-]+):/;

const labelled = 'app.kubernetes.io/name';
const services = ['consumer', 'enricher', 'executor', 'gateway', 'ledger', 'producer'];

/** The release's namespace is Helm's business, and so are custom resource definitions (crds/). */
export function isOfTheChart({ kind, metadata }: Manifest): boolean {
  return kind !== 'CustomResourceDefinition' && !(kind === 'Namespace' && metadata.name === 'assay');
}

/** The template that it stands in. */
export function fileOf(manifest: Manifest): string {
  return partOf(manifest) ?? 'platform';
}

function partOf({ kind, metadata }: Manifest): string | undefined {
  const { name, namespace } = metadata;
  if (kind.includes('Admission')) return 'policies';
  const known = [...services, 'nats', 'mongodb', 'setup'];
  const bare = name.replace(/^assay-/, '');
  if (known.includes(metadata.labels?.[labelled] ?? '')) return metadata.labels?.[labelled];
  if (known.includes(bare)) return bare;
  if (name === 'assay-store') return 'mongodb';
  if (namespace === 'assay-runs' || name === 'assay-runs') return 'runs';
  return kind === 'ClusterRole' ? 'roles' : undefined;
}

/** What must hold for it to be there. */
export function conditionOf(manifest: Manifest): string[] {
  const part = partOf(manifest) ?? '';
  if (services.includes(part)) {
    const isScaler = manifest.kind === 'HorizontalPodAutoscaler';
    return [`.Values.services.${part}.enabled`, ...(isScaler ? [`not .Values.services.${part}.replicas`] : [])];
  }
  if (part === 'nats') return ['.Values.nats.enabled'];
  if (part === 'setup') return ['.Values.setup.enabled'];
  if (part === 'mongodb') return [withStore];
  if (part === 'roles') return ['.Values.roles.create'];
  if (part === 'policies') return ['.Values.admissionPolicy.create'];
  return manifest.kind === 'Namespace' ? ['.Values.runs.create'] : [];
}

/** The object with the choices in it. */
export function withChoices(manifest: Manifest, object: unknown): unknown {
  const part = partOf(manifest) ?? '';
  const chosen = replaced(object) as Record<string, unknown>;
  // One for each installation; the roles are the cluster's.
  if (manifest.kind === 'ClusterRoleBinding')
    return { ...chosen, metadata: { name: quoted(manifest.metadata.name.replace('assay', here)) } };
  if (manifest.kind === 'ConfigMap' && manifest.metadata.name === 'assay') return settings(chosen);
  if (manifest.kind === 'Deployment' && services.includes(part)) return service(part, chosen);
  if (manifest.kind === 'StatefulSet') return stateful(part === 'nats' ? 'nats' : 'ferretdb', chosen);
  if (manifest.kind === 'Job') return setup(chosen);
  if (manifest.kind === 'Role' && part === 'setup') return setupRole(chosen);
  return chosen;
}

// Names that hold wherever they stand.
function replaced(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaced);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        key === 'namespace' || key === 'kubernetes.io/metadata.name' ? namespaceOf(member) : replaced(member),
      ]),
    );
  if (typeof value !== 'string') return value;
  const image = serviceImage.exec(value)?.[1];
  if (image) return expression(`include "assay.image" (list . "${image}")`);
  if (value === 'assay-runs') return quoted(runs);
  const placed = value
    .replaceAll('.assay.svc', `.${here}.svc`)
    .replaceAll('serviceaccount:assay:', `serviceaccount:${here}:`);
  return placed === value ? value : quoted(placed);
}

function namespaceOf(value: unknown): unknown {
  if (value === 'assay') return quoted(here);
  return value === 'assay-runs' ? quoted(runs) : replaced(value);
}

function quoted(text: string): string {
  return `@@${JSON.stringify(text)}`;
}

function settings(object: Record<string, unknown>): unknown {
  const defaults = Object.entries(object['data'] as Record<string, string>).map(([key, value]) => {
    if (key === 'ASSAY_NATS_URL') return `"${key}" (include "assay.natsUrl" .)`;
    const code = /^@@\{\{ (.*?)( \| quote)? \}\}$/.exec(value)?.[1];
    return `"${key}" ${code ? `(${code})` : JSON.stringify(value)}`;
  });
  return { ...object, data: texts(`mergeOverwrite (dict ${defaults.join(' ')}) .Values.settings`) };
}

type Container = Record<string, unknown> & { env?: unknown[] };
interface PodSpec {
  containers: Container[];
  volumes?: unknown[];
  [member: string]: unknown;
}

interface Template {
  metadata: { annotations?: Record<string, unknown>; [member: string]: unknown };
  spec: PodSpec;
}

function service(name: string, object: Record<string, unknown>): unknown {
  const values = `.Values.services.${name}`;
  const spec = object['spec'] as Record<string, unknown>;
  const more = [variablesOf(`${values}.settings`)];
  if (name === 'executor') more.unshift(variablesOf('include "assay.taskImages" . | fromYaml'));
  const template = podOf(spec, values, name, (container) => ({
    ...container,
    ...(container.env ? { env: [...container.env, ...more] } : { [conditional(`${values}.settings`, 'env')]: more }),
  }));
  const { metadata } = template;
  // A service reads its settings when it starts.
  const annotations = {
    ...metadata.annotations,
    'checksum/settings': expression('include "assay.settings" . | sha256sum'),
  };
  const { [conditional('.Values.highAvailability', 'replicas')]: scaled, ...others } = spec;
  const replicas =
    scaled === undefined
      ? { [conditional(`${values}.replicas`, 'replicas')]: expression(`${values}.replicas`) }
      : {
          [conditional(`or ${values}.replicas .Values.highAvailability`, 'replicas')]: expression(
            `${values}.replicas | default ${scaled}`,
          ),
        };
  return {
    ...object,
    spec: { ...replicas, ...others, template: { ...template, metadata: { ...metadata, annotations } } },
  };
}

function stateful(name: 'nats' | 'ferretdb', object: Record<string, unknown>): unknown {
  const values = `.Values.${name}`;
  const spec = object['spec'] as Record<string, unknown>;
  const [claim] = spec['volumeClaimTemplates'] as [{ spec: Record<string, unknown> }];
  const volumeClaimTemplates = [
    {
      ...claim,
      spec: {
        ...claim.spec,
        [conditional(`${values}.storage.class`, 'storageClassName')]: expression(`${values}.storage.class`),
        resources: { requests: { storage: expression(`${values}.storage.size`) } },
      },
    },
  ];
  const template = podOf(spec, values, undefined, (container) => ({
    ...container,
    image: expression(`${values}.image`),
  }));
  return { ...object, spec: { ...spec, template, volumeClaimTemplates } };
}

function podOf(
  spec: Record<string, unknown>,
  values: string,
  secretOwner: string | undefined,
  change: (container: Container) => Container,
): Template {
  const template = spec['template'] as Template;
  const named = secretOwner ? (secretOf(secretOwner, template.spec) as PodSpec) : template.spec;
  return {
    ...template,
    spec: {
      ...named,
      [conditional('.Values.imagePullSecrets', 'imagePullSecrets')]: block('.Values.imagePullSecrets'),
      containers: named.containers.map((container) =>
        change({ ...container, resources: block(`${values}.resources`) }),
      ),
    },
  };
}

// Of the service, and of the store, where they are not ours.
function secretOf(owner: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => secretOf(owner, item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) =>
        key === 'serviceAccountName' ? [key, member] : [key, secretOf(owner, member)],
      ),
    );
  if (value === `assay-${owner}`)
    return expression(`.Values.services.${owner}.existingSecret | default "assay-${owner}"`);
  return value === 'assay-store' ? expression('.Values.store.existingSecret | default "assay-store"') : value;
}

function setup(object: Record<string, unknown>): unknown {
  const metadata = object['metadata'] as Record<string, unknown>;
  const spec = object['spec'] as Record<string, unknown>;
  const template = podOf(spec, '.Values.setup', undefined, (container) => ({
    ...container,
    args: [
      itemWhen('.Values.nats.enabled', '--server=nats'),
      ...services.map((name) =>
        itemWhen(
          `.Values.services.${name}.existingSecret`,
          `--secret=${name}={{ .Values.services.${name}.existingSecret }}`,
        ),
      ),
    ],
  }));
  // A Job cannot be changed: each revision has its own.
  return {
    ...object,
    metadata: { ...metadata, name: quoted('assay-setup-{{ .Release.Revision }}') },
    spec: { ...spec, template },
  };
}

function setupRole(object: Record<string, unknown>): unknown {
  const rules = object['rules'] as { resources: string[]; resourceNames?: string[] }[];
  return {
    ...object,
    rules: rules.map((rule) =>
      rule.resourceNames === undefined ? rule : { ...rule, resourceNames: rule.resourceNames.map(chosenName) },
    ),
  };
}

function chosenName(name: string): unknown {
  const owner = name.replace('assay-', '');
  return services.includes(owner) ? secretOf(owner, name) : name;
}

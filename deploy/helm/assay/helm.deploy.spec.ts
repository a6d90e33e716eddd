// The chart, rendered by the real helm, is what the real kustomize builds; and what is not among its values is refused.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { chartFiles, keyOf, type Manifest, manifestsOf, writtenFiles } from '../generate.ts';
import { valuesSchema } from '../values.ts';

// What a helm that was built without it takes for the cluster's is far older.
const kubernetes = ['--kube-version', '1.30.0'];
const run = promisify(execFile);
const helm = process.env['ASSAY_TEST_HELM'] ?? 'helm';
const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
  version: string;
};

async function rendered(...sets: string[]): Promise<Manifest[]> {
  const args = ['template', 'anything', import.meta.dirname, '--namespace', 'assay', '--include-crds', ...kubernetes];
  const { stdout } = await run(helm, [...args, ...sets.flatMap((set) => ['--set', set])], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** By name, without what Helm alone must have: the release's namespace it makes itself, and each revision has its Job. */
function comparable(manifests: readonly Manifest[]): Record<string, unknown> {
  const kept = manifests.filter(({ kind, metadata }) => !(kind === 'Namespace' && metadata.name === 'assay'));
  return Object.fromEntries(
    kept
      .map((manifest) => {
        const name = manifest.metadata.name.replace(/^assay-setup-\d+$/, 'assay-setup');
        return { ...manifest, metadata: { ...manifest.metadata, name } };
      })
      .map((manifest) => [keyOf(manifest), sorted(manifest)]),
  );
}

// Lists that are sets: of variables and volumes, which their names tell apart. Checksums make pods new when settings are.
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    const nameOf = (item: unknown) => (item as { name?: string } | null)?.name;
    return items.every(nameOf) ? items.sort((a, b) => String(nameOf(a)).localeCompare(String(nameOf(b)))) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([key]) => !key.startsWith('checksum/'));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}

describe('the chart', () => {
  it.each([
    ['small', []],
    ['ha', ['highAvailability=true', 'ferretdb.enabled=false']],
  ])('is the overlay %s with %j', async (overlay, sets) => {
    expect(comparable(await rendered(...sets))).toEqual(comparable(await manifestsOf(`overlays/${overlay}`)));
  });

  it('is what node deploy/helm/generate.ts writes', async () => {
    const [made, written] = await Promise.all([chartFiles(), writtenFiles()]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(made));
  });

  it('has the version of the rest', async () => {
    const chart = parse(await readFile(join(import.meta.dirname, 'Chart.yaml'), 'utf8')) as Record<string, unknown>;
    expect([chart['version'], chart['appVersion']]).toEqual([version, version]);
  });

  it('has values that its schema knows, all of them', async () => {
    const values: unknown = parse(await readFile(join(import.meta.dirname, 'values.yaml'), 'utf8'));
    expect(valuesSchema.parse(values)).toEqual(values);
  });

  it.each([
    ['servces.producer.enabled=false', 'servces'],
    ['services.producer.replicas=none', 'replicas'],
    ['settings.LOG=debug', 'LOG'],
  ])('refuses --set %s', async (set, part) => {
    const failed = await rendered(set).catch((error: { stderr: string }) => error);
    expect((failed as { stderr: string }).stderr).toContain(part);
  });

  it('wants the address of a nats-server of one’s own', async () => {
    const failed = await rendered('nats.enabled=false').catch((error: { stderr: string }) => error);
    expect((failed as { stderr: string }).stderr).toContain('nats.url is needed where nats.enabled is false');
  });
});

describe('a choice', () => {
  const images = (manifests: readonly Manifest[]) =>
    [...JSON.stringify(manifests).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image).sort();

  it('of registry and version holds for every image, and for those of tasks', async () => {
    const manifests = await rendered('image.registry=example.org/mirror', 'image.version=9.9.9');
    const own = images(manifests).filter((image) => image?.startsWith('example.org/mirror/'));
    expect(own).toEqual(
      ['cli', 'consumer', 'enricher', 'executor', 'gateway', 'ledger', 'producer'].map(
        (name) => `example.org/mirror/${name}:9.9.9`,
      ),
    );
    expect(JSON.stringify(manifests)).toContain(
      '{"name":"ASSAY_EXECUTOR_IMAGE_REGISTRY","value":"example.org/mirror"},{"name":"ASSAY_EXECUTOR_IMAGE_VERSION","value":"9.9.9"}',
    );
  });

  it('for one service is before that for all', async () => {
    const sets = [
      'image.version=2.0.0',
      'services.producer.image.version=3.0.0',
      'services.producer.image.registry=r.test/x',
    ];
    expect(images(await rendered(...sets))).toContain('r.test/x/producer:3.0.0');
  });

  it('of a setting makes every pod of a service new', async () => {
    const checksums = async (...sets: string[]) =>
      new Set(
        [...JSON.stringify(await rendered(...sets)).matchAll(/"checksum\/settings":"(\w+)"/g)].map(([, sum]) => sum),
      );
    const [usual] = await checksums();
    const changed = await checksums('settings.ASSAY_LOG_LEVEL=debug');
    expect([changed.size, changed.has(usual)]).toEqual([1, false]);
  });

  it('of one service alone leaves the others out', async () => {
    const others = ['consumer', 'enricher', 'executor', 'gateway', 'ledger'].map(
      (name) => `services.${name}.enabled=false`,
    );
    const sets = [
      ...others,
      'nats.enabled=false',
      'nats.url=nats://n.test:4222',
      'setup.enabled=false',
      'ferretdb.enabled=false',
    ];
    const manifests = await rendered(...sets);
    expect(
      manifests
        .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
        .map(({ metadata }) => metadata.name),
    ).toEqual(['producer']);
    expect(JSON.stringify(manifests)).toContain('"ASSAY_NATS_URL":"nats://n.test:4222"');
  });

  it.each([
    ['settings.ASSAY_LOG_LEVEL=debug', '"ASSAY_LOG_LEVEL":"debug"'],
    ['settings.ASSAY_NATS_SETUP=true', '"ASSAY_NATS_SETUP":"true"'],
    ['services.enricher.settings.ASSAY_LOG_LEVEL=debug', '"env":[{"name":"ASSAY_LOG_LEVEL","value":"debug"}]'],
    ['services.gateway.existingSecret=mine', '"secretName":"mine"'],
    ['services.gateway.existingSecret=mine', '--secret=gateway=mine'],
    ['store.existingSecret=db', '"secretKeyRef":{"key":"url","name":"db"}'],
    ['services.ledger.replicas=3', '"replicas":3'],
    ['nats.storage.class=fast', '"storageClassName":"fast"'],
    ['imagePullSecrets[0].name=pull', '"imagePullSecrets":[{"name":"pull"}]'],
    ['runs.namespace=scans', '{"name":"ASSAY_EXECUTOR_NAMESPACE","value":"scans"}'],
  ])('--set %s gives %s', async (set, part) => {
    expect(JSON.stringify(await rendered(set))).toContain(part);
  });

  it('of another namespace leaves nothing in the usual ones', async () => {
    const args = [
      'template',
      'x',
      import.meta.dirname,
      '--namespace',
      'elsewhere',
      '--set',
      'runs.namespace=elsewhere-runs',
      ...kubernetes,
    ];
    const { stdout } = await run(helm, args);
    const places = parseAllDocuments(stdout).map(
      (document) => (document.toJS() as Manifest | null)?.metadata.namespace,
    );
    expect([...new Set(places.filter(Boolean))].sort()).toEqual(['elsewhere', 'elsewhere-runs']);
    expect(stdout).not.toMatch(/namespace: "?assay|\.assay\.svc|: assay-runs$/m);
  });
});

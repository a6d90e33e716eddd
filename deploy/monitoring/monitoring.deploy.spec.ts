// The components on the real overlays, by the real kustomize: what they select is there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { imageNames } from '../images/build.ts';

const labels = z.record(z.string(), z.string());
const resource = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional(), labels: labels.optional() }),
  data: labels.optional(),
  spec: z
    .object({
      replicas: z.number().optional(),
      selector: z.union([z.object({ matchLabels: labels }), labels]).optional(),
      ports: z
        .array(z.object({ name: z.string(), targetPort: z.union([z.string(), z.number()]).optional() }))
        .optional(),
      endpoints: z.array(z.object({ port: z.string() })).optional(),
      podMetricsEndpoints: z.array(z.object({ port: z.string() })).optional(),
      template: z
        .object({
          metadata: z.object({ labels }),
          spec: z.object({
            containers: z.array(z.object({ ports: z.array(z.object({ name: z.string().optional() })).optional() })),
          }),
        })
        .optional(),
    })
    .optional(),
});
type Resource = z.output<typeof resource>;

const kustomize = process.env['ASSAY_TEST_KUSTOMIZE'] ?? 'kustomize';
const work = mkdtempSync(join(tmpdir(), 'assay-monitoring-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function build(overlay: string, components: readonly string[]): Resource[] {
  const path = (name: string) => relative(work, join(import.meta.dirname, '..', name));
  writeFileSync(
    join(work, 'kustomization.yaml'),
    JSON.stringify({ resources: [path(overlay)], components: components.map((name) => path(`monitoring/${name}`)) }),
  );
  const text = execFileSync(kustomize, ['build', work], { encoding: 'utf8', maxBuffer: 32 * 1024 * 1024 });
  return parseAllDocuments(text).map((document) => resource.parse(document.toJS()));
}

const isPart = (part: Record<string, string> = {}, whole: Record<string, string> = {}) =>
  Object.keys(part).length > 0 && Object.entries(part).every(([key, value]) => whole[key] === value);
const selected = ({ spec }: Resource): Record<string, string> => {
  const selector = spec?.selector ?? {};
  return (typeof selector['matchLabels'] === 'object' ? selector['matchLabels'] : selector) as Record<string, string>;
};
const named = (all: readonly Resource[]) => all.map(({ metadata }) => metadata.name).sort();

// The tools of tasks are no service.
const services = (await imageNames()).filter((name) => name !== 'cli');

describe.each(['small', 'ha'])('monitoring of overlay %s', (overlay) => {
  it('scrapes the pods of every service by one Service, and nothing else', () => {
    const all = build(`kustomize/overlays/${overlay}`, ['.']);
    const [monitor] = all.filter(({ kind }) => kind === 'ServiceMonitor');
    if (!monitor) throw new Error('no ServiceMonitor');
    const found = all.filter(({ kind, metadata }) => kind === 'Service' && isPart(selected(monitor), metadata.labels));
    expect(named(found)).toEqual(['assay-metrics']);
    const pods = all.filter(({ spec }) =>
      found.some((service) => isPart(selected(service), spec?.template?.metadata.labels)),
    );
    expect(named(pods)).toEqual(services);
    const [port] = found.flatMap(({ spec }) => spec?.ports ?? []);
    expect(monitor.spec?.endpoints?.map((endpoint) => endpoint.port)).toEqual([port?.name]);
    for (const pod of pods) {
      const names = pod.spec?.template?.spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name));
      expect(names).toContain(port?.targetPort);
    }
  });

  it('scrapes the same pods without a Service', () => {
    const all = build(`kustomize/overlays/${overlay}`, ['alerts', 'dashboards', 'pod-monitor']);
    const [monitor] = all.filter(({ kind }) => kind === 'PodMonitor');
    if (!monitor) throw new Error('no PodMonitor');
    const pods = all.filter(({ spec }) => isPart(selected(monitor), spec?.template?.metadata.labels));
    expect(named(pods)).toEqual(services);
    const names = pods.map(({ spec }) =>
      spec?.template?.spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)),
    );
    for (const { port } of monitor.spec?.podMetricsEndpoints ?? [])
      for (const each of names) expect(each).toContain(port);
    expect(all.filter(({ kind }) => kind === 'ServiceMonitor')).toEqual([]);
  });

  it('puts all of it beside the services, and the dashboard where Grafana looks', () => {
    const all = build(`kustomize/overlays/${overlay}`, ['.']);
    const own = all.filter(
      ({ kind, metadata }) => /Monitor|Rule$/.test(kind) || metadata.name.startsWith('assay-dashboard'),
    );
    expect(own.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`).sort()).toEqual([
      'ConfigMap assay',
      'PrometheusRule assay',
      'ServiceMonitor assay',
    ]);
    const [board] = own.filter(({ kind }) => kind === 'ConfigMap');
    expect(board?.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(JSON.parse(board?.data?.['assay.json'] ?? '')).toMatchObject({ title: 'Assay' });
  });
});

// A connection to a server that plays the API server, as a person's kubeconfig would make it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKube } from '../connect.ts';
import type { Kube } from '../kube.ts';

export async function connectTo(url: string): Promise<Kube> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-kube-'));
  try {
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, kubeconfigOf({ server: url }));
    return await connectKube({ kubeconfig });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** JSON is YAML. */
export function kubeconfigOf(given: { server: string; isPlain?: boolean; name?: string; namespace?: string }): string {
  const { server, isPlain = true, name = 'spec', namespace = 'shop' } = given;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': isPlain } }],
    users: [{ name, user: { token: 'spec-token' } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  });
}

/** What discovery says of the kinds that specs use. */
export const discovery = {
  core: {
    method: 'GET',
    path: '/api/v1',
    answer: {
      kind: 'APIResourceList',
      resources: [
        { name: 'pods', kind: 'Pod', namespaced: true },
        { name: 'pods/eviction', kind: 'Eviction', namespaced: true },
        { name: 'pods/log', kind: 'Pod', namespaced: true },
        { name: 'namespaces', kind: 'Namespace', namespaced: false },
      ],
    },
  },
  tekton: {
    method: 'GET',
    path: '/apis/tekton.dev/v1',
    answer: {
      kind: 'APIResourceList',
      resources: [
        { name: 'pipelineruns', kind: 'PipelineRun', namespaced: true },
        { name: 'pipelineruns/status', kind: 'PipelineRun', namespaced: true },
      ],
    },
  },
} as const;

/** metav1.Status as the server sends it. */
export function statusBody(code: number, reason: string, message: string, more: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details: {}, ...more };
}

// deploy/crds: the CustomResourceDefinitions as `kubectl apply` takes them. Not exported: only `npm run generate` writes
// them, and a spec compares.
import { stringify } from 'yaml';
import { crdOf, resourceDefinitions } from './crd.ts';

/** Text by file name. */
export function crdFiles(): Record<string, string> {
  const files = resourceDefinitions.map((definition) => [`${definition.plural}.yaml`, textOf(crdOf(definition))]);
  const names = resourceDefinitions.map(({ plural }) => `${plural}.yaml`);
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: names };
  return Object.fromEntries([...files, ['kustomization.yaml', textOf(kustomization)]]);
}

function textOf(object: unknown): string {
  return `# Made by "npm run generate" of libs/contracts/src/resources.\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

// Where the API has a kind: /apis/tekton.dev/v1/namespaces/x/pipelineruns for PipelineRun. The server says so itself
// (discovery); asked once a group and version, and again only for a kind that was not there the last time.
import { InvalidInput } from '@assay/contracts';
import { errorOf } from './errors.ts';
import type { KindRef } from './kube.ts';
import type { Transport } from './transport.ts';

export interface Resource {
  /** "pipelineruns" */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** "/apis/tekton.dev/v1" */
  readonly root: string;
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

export class ResourcePaths {
  readonly #transport: Transport;
  readonly #known = new Map<string, ReadonlyMap<string, Resource>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** InvalidInput "kube.kind" when the server has no such kind. */
  async find({ apiVersion, kind }: KindRef, signal?: AbortSignal): Promise<Resource> {
    const known = this.#known.get(apiVersion)?.get(kind);
    if (known) return known;
    const kinds = await this.#read({ apiVersion, kind }, signal);
    this.#known.set(apiVersion, kinds);
    const found = kinds.get(kind);
    if (found) return found;
    throw noSuchKind({ apiVersion, kind });
  }

  /** After the server has shown that the kind is gone. */
  forget({ apiVersion }: KindRef): void {
    this.#known.delete(apiVersion);
  }

  async #read(ref: KindRef, signal: AbortSignal | undefined): Promise<Map<string, Resource>> {
    const root = rootOf(ref);
    const doing = `find the kind ${ref.kind} of ${ref.apiVersion}`;
    const answer = await this.#transport.ask<ResourceList>({ doing, path: root, ...(signal ? { signal } : {}) });
    if ('refusal' in answer) throw answer.refusal.status === 404 ? noSuchKind(ref) : errorOf(doing, answer.refusal);
    const kinds = new Map<string, Resource>();
    for (const { name, kind, namespaced } of answer.value.resources ?? []) {
      // "pods/log" is a subresource, with a kind of its own or of another.
      if (!name.includes('/')) kinds.set(kind, { plural: name, isNamespaced: namespaced, root });
    }
    return kinds;
  }
}

export function noSuchKind({ apiVersion, kind }: KindRef): InvalidInput {
  return new InvalidInput(
    `the cluster has no kind ${kind} of ${apiVersion}: install what defines it (its CustomResourceDefinition), or correct apiVersion and kind`,
    { code: 'kube.kind' },
  );
}

/** The path of a collection, or of one object in it. */
export function pathOf(resource: Resource, place: { namespace?: string; name?: string; subresource?: string }): string {
  const namespace =
    resource.isNamespaced && place.namespace !== undefined ? ['namespaces', segment(place.namespace)] : [];
  const name = place.name === undefined ? [] : [segment(place.name)];
  const subresource = place.subresource === undefined ? [] : [segment(place.subresource)];
  return [resource.root, ...namespace, resource.plural, ...name, ...subresource].join('/');
}

/** A name in a path; what would lead to another object is none. */
export function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%\0]/.test(name))
    throw new InvalidInput(`${JSON.stringify(name.slice(0, 80))} is not a name that Kubernetes has`, {
      code: 'kube.name',
    });
  return encodeURIComponent(name);
}

function rootOf({ apiVersion }: KindRef): string {
  const parts = apiVersion.split('/').map(segment);
  const [group, version, ...rest] = parts;
  if (rest.length === 0 && version !== undefined) return `/apis/${group}/${version}`;
  if (rest.length === 0) return `/api/${group}`;
  throw new InvalidInput(`${JSON.stringify(apiVersion.slice(0, 80))} is no apiVersion: write "v1" or "tekton.dev/v1"`, {
    code: 'kube.name',
  });
}

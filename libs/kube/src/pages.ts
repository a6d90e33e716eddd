// A list in pages, so that the server and we hold one at a time where the reader does.

import { errorOf } from './errors.ts';
import type { KindRef, KubeObject, Selection } from './kube.ts';
import { noSuchKind, pathOf, type ResourcePaths } from './resource-paths.ts';
import type { Transport } from './transport.ts';

/** Objects in an answer. */
const pageSize = 250;

export interface Page {
  readonly objects: readonly KubeObject[];
  /** Where a watch goes on from. */
  readonly version: string;
}

interface List {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[];
}

/** Transient "kube.expired" when it took so long that its version is gone (410): begin again. */
export async function* listPages(
  { transport, paths, kind }: { transport: Transport; paths: ResourcePaths; kind: KindRef },
  { namespace, labels, fields }: Selection,
  signal?: AbortSignal,
): AsyncGenerator<Page> {
  const resource = await paths.find(kind, signal);
  const doing = `list ${resource.plural}`;
  let next: string | undefined;
  do {
    const answer = await transport.ask<List>({
      doing,
      path: pathOf(resource, namespace === undefined ? {} : { namespace }),
      query: { limit: String(pageSize), labelSelector: labels, fieldSelector: fields, continue: next },
      ...(signal ? { signal } : {}),
    });
    if ('refusal' in answer) {
      // A namespace that is not there has an empty list; so it is the kind.
      if (answer.refusal.status !== 404) throw errorOf(doing, answer.refusal);
      paths.forget(kind);
      throw noSuchKind(kind);
    }
    const { items = [], metadata = {} } = answer.value;
    // Members of a list do not say what they are: the list does, for all.
    const objects = items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
    yield { objects, version: metadata.resourceVersion ?? '' };
    next = metadata.continue || undefined;
  } while (next !== undefined);
}

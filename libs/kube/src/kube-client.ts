// Kube on an API server: each verb is one request, and what its refusals mean.
import { InvalidInput, Transient } from '@assay/contracts';
import { errorOf, type Refusal } from './errors.ts';
import type { ApplyOptions, KindRef, Kube, KubeObject, LogOptions, ObjectRef, Selection, WatchEvent } from './kube.ts';
import { readLogs } from './logs.ts';
import { listPages } from './pages.ts';
import { noSuchKind, pathOf, type Resource, ResourcePaths } from './resource-paths.ts';
import type { KubeRequest, Transport } from './transport.ts';
import { watchKind } from './watch.ts';

export class KubeClient implements Kube {
  readonly namespace: string;
  readonly #transport: Transport;
  readonly #paths: ResourcePaths;

  constructor(transport: Transport, namespace: string) {
    this.#transport = transport;
    this.#paths = new ResourcePaths(transport);
    this.namespace = namespace;
  }

  async apply(object: KubeObject, options: ApplyOptions = {}): Promise<KubeObject> {
    const { apiVersion, kind, metadata } = object;
    if (metadata.name === undefined)
      throw new InvalidInput(`a ${kind} without metadata.name cannot be applied: give it a name`, {
        code: 'kube.name',
      });
    const ref = { apiVersion, kind, name: metadata.name, ...inNamespace(metadata.namespace) };
    const { subresource, fieldManager = 'assay', force = false, dryRun = false } = options;
    const request: KubeRequest = {
      doing: `apply ${kind} ${metadata.name}`,
      method: 'PATCH',
      path: await this.#path(ref, subresource),
      query: {
        fieldManager,
        force: String(force),
        fieldValidation: 'Strict',
        ...(dryRun ? { dryRun: 'All' } : {}),
      },
      // JSON is YAML; servers before 1.35 know no other name for it.
      contentType: 'application/apply-patch+yaml',
      body: object,
    };
    const answer = await this.#transport.ask<KubeObject>(request);
    if ('value' in answer) return answer.value;
    throw this.#refused(ref, request, answer.refusal);
  }

  async create(object: KubeObject): Promise<{ isNew: boolean; object: KubeObject }> {
    const { apiVersion, kind, metadata } = object;
    const { name, generateName } = metadata;
    const place = inNamespace(metadata.namespace);
    const resource = await this.#paths.find(object);
    const request: KubeRequest = {
      doing: `create ${kind} ${name ?? generateName ?? ''}`.trimEnd(),
      method: 'POST',
      path: pathOf(resource, this.#placeOf(place)),
      query: { fieldManager: 'assay', fieldValidation: 'Strict' },
      body: object,
    };
    const answer = await this.#transport.ask<KubeObject>(request);
    if ('value' in answer) return { isNew: true, object: answer.value };
    if (answer.refusal.body?.reason !== 'AlreadyExists') throw this.#refused(object, request, answer.refusal);
    const there = name === undefined ? undefined : await this.get({ apiVersion, kind, name, ...place });
    if (there) return { isNew: false, object: there };
    throw new Transient(`could not ${request.doing}: one of that name has just gone; try again`, {
      code: 'kube.modified',
    });
  }

  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#ifThere(ref, { doing: `get ${ref.kind} ${ref.name}`, path: await this.#path(ref) });
  }

  async list(kind: KindRef, selection: Selection = {}): Promise<KubeObject[]> {
    const objects: KubeObject[] = [];
    const source = { transport: this.#transport, paths: this.#paths, kind };
    for await (const page of listPages(source, selection)) objects.push(...page.objects);
    return objects;
  }

  async patch(
    ref: ObjectRef,
    patch: Readonly<Record<string, unknown>>,
    options: { subresource?: string } = {},
  ): Promise<KubeObject | undefined> {
    return this.#ifThere(ref, {
      doing: `change ${ref.kind} ${ref.name}`,
      method: 'PATCH',
      path: await this.#path(ref, options.subresource),
      query: { fieldManager: 'assay' },
      contentType: 'application/merge-patch+json',
      body: patch,
    });
  }

  async delete(ref: ObjectRef, options: { uid?: string } = {}): Promise<boolean> {
    const request: KubeRequest = {
      doing: `delete ${ref.kind} ${ref.name}`,
      method: 'DELETE',
      path: await this.#path(ref),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      },
    };
    const answer = await this.#transport.ask<KubeObject>(request);
    if ('value' in answer) return true;
    if (isMissing(answer.refusal)) return false;
    // Another of that name is there: that very object is gone.
    if (options.uid !== undefined && answer.refusal.status === 409) return false;
    throw this.#refused(ref, request, answer.refusal);
  }

  watch(
    kind: KindRef,
    { signal, resyncMs = 300_000, ...selection }: Selection & { signal: AbortSignal; resyncMs?: number },
  ): AsyncIterable<WatchEvent> {
    return watchKind({ transport: this.#transport, paths: this.#paths, kind, selection, resyncMs }, signal);
  }

  logs(options: LogOptions): AsyncIterable<Uint8Array> {
    return readLogs(this.#transport, options);
  }

  async may(verb: string, kind: KindRef, namespace?: string, subresource?: string): Promise<boolean> {
    const { plural } = await this.#paths.find(kind);
    const [version = '', group = ''] = kind.apiVersion.split('/').reverse();
    const review = await this.#transport.json<{ status?: { allowed?: boolean } }>({
      doing: `ask whether "${verb}" of ${plural} is allowed`,
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb,
            group,
            version,
            resource: plural,
            ...inNamespace(namespace),
            ...(subresource === undefined ? {} : { subresource }),
          },
        },
      },
    });
    return review.status?.allowed === true;
  }

  async ping(): Promise<void> {
    await this.#transport.json({ doing: 'reach Kubernetes', path: '/version' });
  }

  async #path(ref: ObjectRef, subresource?: string): Promise<string> {
    const resource: Resource = await this.#paths.find(ref);
    return pathOf(resource, {
      ...this.#placeOf(ref),
      name: ref.name,
      ...(subresource === undefined ? {} : { subresource }),
    });
  }

  #placeOf({ namespace = this.namespace }: { readonly namespace?: string }): { namespace: string } {
    return { namespace };
  }

  async #ifThere(ref: ObjectRef, request: KubeRequest): Promise<KubeObject | undefined> {
    const answer = await this.#transport.ask<KubeObject>(request);
    if ('value' in answer) return answer.value;
    if (isMissing(answer.refusal)) return undefined;
    throw this.#refused(ref, request, answer.refusal);
  }

  // A path that the server does not have any more: the kind was removed, and may come again elsewhere.
  #refused(ref: KindRef, request: KubeRequest, refusal: Refusal): Error {
    if (refusal.status !== 404 || refusal.body?.details?.name) return errorOf(request.doing, refusal);
    this.#paths.forget(ref);
    return noSuchKind(ref);
  }
}

/** 404 of an object, not of its kind. */
function isMissing({ status, body }: Refusal): boolean {
  return status === 404 && body?.details?.name !== undefined;
}

function inNamespace(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

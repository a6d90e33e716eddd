// What the platform needs of Kubernetes, in words that know no vendor. connect.ts makes one from @kubernetes/client-node.

export interface Metadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Any object of the API; what it holds is for who asked to parse. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [member: string]: unknown;
}

/** A kind of objects. */
export interface KindRef {
  /** "v1", "tekton.dev/v1" */
  readonly apiVersion: string;
  /** "PipelineRun" */
  readonly kind: string;
}

/** One object. Without a namespace: one of the cluster, or of the connection's namespace where the kind has one. */
export interface ObjectRef extends KindRef {
  readonly name: string;
  readonly namespace?: string;
}

export interface Selection {
  /** Default: every namespace. */
  readonly namespace?: string;
  /** "a=b,c!=d" */
  readonly labels?: string;
  /** "metadata.name=x" */
  readonly fields?: string;
}

/**
 * `applied`: it is there, new or changed; `deleted`: it is gone; `synced`: everything that was there when the watch
 * began (or began anew) has been told, and what was not told again by then is gone.
 */
export type WatchEvent =
  | { readonly type: 'applied' | 'deleted'; readonly object: KubeObject }
  | { readonly type: 'synced'; readonly objects: readonly KubeObject[] };

export interface ApplyOptions {
  /** Who owns the fields. Default "assay". */
  readonly fieldManager?: string;
  /** Takes fields over from other owners. Default false: InvalidInput "kube.conflict" that names them. */
  readonly force?: boolean;
  /** Checked by the server, changes nothing. Default false. */
  readonly dryRun?: boolean;
  /** "status" */
  readonly subresource?: string;
}

export interface LogOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Goes on until the container ends. Default false. */
  readonly follow?: boolean;
  /** Most bytes. */
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

/** Errors: InvalidInput for what will be refused again, with the server's sentence; Transient for what may work later. */
export interface Kube {
  /** Namespace of the connection: the pod's own, or the kubeconfig context's; "default" without one. */
  readonly namespace: string;
  /** Server-side apply: the object as it is then. */
  apply(object: KubeObject, options?: ApplyOptions): Promise<KubeObject>;
  /** Makes it; `isNew` false: one of that name was there already, and is `object`. */
  create(object: KubeObject): Promise<{ isNew: boolean; object: KubeObject }>;
  /** Undefined when there is none. */
  get(ref: ObjectRef): Promise<KubeObject | undefined>;
  list(kind: KindRef, selection?: Selection): Promise<KubeObject[]>;
  /** JSON merge patch (RFC 7386). Undefined when there is none. */
  patch(
    ref: ObjectRef,
    patch: Readonly<Record<string, unknown>>,
    options?: { subresource?: string },
  ): Promise<KubeObject | undefined>;
  /** False when there was none. With a uid only that very object. Dependents go in the background. */
  delete(ref: ObjectRef, options?: { uid?: string }): Promise<boolean>;
  /**
   * All of a kind, then every change, for ever: a connection that ends begins again where it was, an expired version
   * (410) with a new list, and every `resyncMs` (default 300000) a new list makes good what got lost. Ends when the
   * signal aborts; rejects only with InvalidInput (no such kind, no right to it).
   */
  watch(kind: KindRef, options: Selection & { signal: AbortSignal; resyncMs?: number }): AsyncIterable<WatchEvent>;
  /** What a container wrote. Throws Transient "kube.log-unready" while it has not begun, InvalidInput when it is gone. */
  logs(options: LogOptions): AsyncIterable<Uint8Array>;
  /** Whether this connection may do that, as the server says (SelfSubjectAccessReview). */
  may(verb: string, kind: KindRef, namespace?: string, subresource?: string): Promise<boolean>;
  /** Rejects with Transient when the server cannot be reached. */
  ping(): Promise<void>;
}

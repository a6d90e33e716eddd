// The controller of Scans: follows them, and asks on the bus for the runs that are due. It may run in every replica.
import { setTimeout as sleep } from 'node:timers/promises';
import { AssayError, type BlobRef, emit, explain, InvalidInput, keyedId, runRequested } from '@assay/contracts';
import type { ScanSpec } from '@assay/contracts/resources';
import type { Kube, KubeObject } from '@assay/kube';
import type { Host } from '@assay/runtime';
import { nextStep } from './next-step.ts';
import { type Scan, scanKind, scanOf } from './scan.ts';
import { writeStatus } from './write-status.ts';

/** How often it is looked whether a schedule is due. Milliseconds. */
const tickMs = 1000;
/** Until what could not be done is tried again, and a watch that was refused. Milliseconds. */
const againMs = 10_000;

export interface ScansOptions extends Pick<Host<unknown>, 'publish' | 'log' | 'now'> {
  readonly kube: Kube;
  /** Where Scans are looked for; none: everywhere. */
  readonly namespaces: readonly string[];
}

export interface Scans {
  readonly kube: Kube;
  close(): Promise<void>;
}

/** InvalidInput when the cluster has no Scans, or this connection no right to them. */
export async function startScans(options: ScansOptions): Promise<Scans> {
  const { kube, namespaces, log } = options;
  const everywhere = namespaces.length === 0 ? [undefined] : namespaces;
  for (const namespace of everywhere) await mustBeAllowed(kube, namespace);
  const ending = new AbortController();
  const controller = new Controller(options, ending.signal);
  const following = everywhere.map((namespace) => controller.follow(namespace));
  log.info({ namespaces }, 'scans are followed');
  return {
    kube,
    close: async () => {
      ending.abort();
      await Promise.all([...following, controller.ended()]);
    },
  };
}

async function mustBeAllowed(kube: Kube, namespace: string | undefined): Promise<void> {
  const rights = [['watch'], ['list'], ['patch', 'status']] as const;
  for (const [verb, subresource] of rights) {
    if (await kube.may(verb, scanKind, namespace, subresource)) continue;
    const what = subresource ? `scans/${subresource}` : 'scans';
    throw new InvalidInput(
      `the executor may not ${verb} ${what} in ${namespace ?? 'every namespace'}: bind the ClusterRole assay-scan-controller of deploy/kustomize/rbac to its service account, or name the namespaces it may (ASSAY_EXECUTOR_SCAN_NAMESPACES)`,
      { code: 'scan.rights' },
    );
  }
}

class Controller {
  readonly #options: ScansOptions;
  readonly #signal: AbortSignal;
  /** When to look at a Scan again, by namespace and name. */
  readonly #due = new Map<string, { namespace: string; name: string; at: number }>();
  /** One after the other: what is done for a Scan is short, and its next state is known then. */
  #work: Promise<void> = Promise.resolve();
  readonly #ticking: NodeJS.Timeout;

  constructor(options: ScansOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#ticking = setInterval(() => this.#lookAtDue(), tickMs);
  }

  async ended(): Promise<void> {
    clearInterval(this.#ticking);
    await this.#work;
  }

  async follow(namespace: string | undefined): Promise<void> {
    const { kube, log } = this.#options;
    while (!this.#signal.aborted) {
      try {
        const selection = namespace === undefined ? {} : { namespace };
        for await (const event of kube.watch(scanKind, { ...selection, signal: this.#signal })) {
          if (event.type === 'synced') this.#keepOnly(event.objects, namespace);
          else if (event.type === 'deleted') this.#due.delete(keyOf(scanOf(event.object)));
          else await this.#queue(() => this.#advance(scanOf(event.object)));
        }
      } catch (error) {
        // The definition may come back, the right too.
        log.error({ err: explain(error) }, 'scans cannot be followed; tried again');
        await sleep(againMs, undefined, { signal: this.#signal }).catch(() => {});
      }
    }
  }

  #keepOnly(objects: readonly KubeObject[], namespace: string | undefined): void {
    const there = new Set(objects.map((object) => keyOf(scanOf(object))));
    for (const [key, scan] of this.#due) {
      if ((namespace ?? scan.namespace) === scan.namespace && !there.has(key)) this.#due.delete(key);
    }
  }

  #lookAtDue(): void {
    const now = this.#options.now().getTime();
    for (const [key, { namespace, name, at }] of [...this.#due]) {
      if (at > now) continue;
      this.#due.delete(key);
      void this.#queue(
        async () => {
          const object = await this.#options.kube.get({ ...scanKind, namespace, name });
          if (object) await this.#advance(scanOf(object));
        },
        { namespace, name },
      );
    }
  }

  #queue(work: () => Promise<void>, again?: { namespace: string; name: string }): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#signal.aborted) return;
      try {
        await work();
      } catch (error) {
        this.#options.log.error({ err: explain(error), ...again }, 'a scan could not be looked after; tried again');
        if (again) this.#lookAgain(again);
      }
    });
    return this.#work;
  }

  /** Does what is due, until there is nothing, or somebody else does it. */
  async #advance(first: Scan): Promise<void> {
    const { kube, log, now } = this.#options;
    const { namespace, name } = first;
    try {
      for (let scan: Scan | undefined = first; scan; ) {
        const step = nextStep(scan, now());
        if (step.kind === 'wait') {
          this.#due.delete(keyOf(scan));
          if (step.until) this.#due.set(keyOf(scan), { namespace, name, at: step.until.getTime() });
          return;
        }
        if (step.kind === 'request') {
          await this.#request(scan, step.runId, step.spec);
          log.info({ scan: name, namespace, run: step.runId }, 'run of a scan requested');
        }
        scan = await writeStatus(kube, scan, step.status);
      }
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      log.warn({ scan: name, namespace, reason: explain(error) }, 'a scan could not be looked after; tried again');
      this.#lookAgain(first);
    }
  }

  async #request({ status }: Scan, runId: string, spec: ScanSpec): Promise<void> {
    const { target, source = {}, pipeline, components = [], params = {}, steps = [] } = spec;
    const outgoing = emit(runRequested, {
      runId,
      pipeline,
      target,
      components,
      params,
      steps: steps.map((step) => ({ name: step.name, params: step.params ?? {} })),
      revision: source.revision ?? '',
      sourceUrl: source.url ?? '',
      ...(source.archive === undefined ? {} : { sourceArchive: archiveOf(source.archive) }),
      requestedAt: status.lastRunTime ?? this.#options.now().toISOString(),
    });
    await this.#options.publish(outgoing, { id: keyedId(runRequested.name, runId) });
  }

  #lookAgain({ namespace, name }: { namespace: string; name: string }): void {
    const at = this.#options.now().getTime() + againMs;
    this.#due.set(keyOf({ namespace, name }), { namespace, name, at });
  }
}

/** Its size is with the blob: who fetches it goes by the digest. */
function archiveOf(digest: string): Pick<BlobRef, 'digest' | 'mediaType'> {
  return { digest, mediaType: 'application/gzip' };
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

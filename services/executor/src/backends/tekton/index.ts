// The backend Tekton: a run is one PipelineRun, named by the run's id. Whoever begins a run that was begun already
// finds it and goes on telling; nothing of a run is kept here alone, so a killed executor loses nothing.
import type { BlobStore } from '@assay/blobs';
import { InvalidInput } from '@assay/contracts';
import type { Kube, KubeObject, OwnerReference } from '@assay/kube';
import { configFilesOf } from '@assay/pipeline';
import type { Host } from '@assay/runtime';
import type { Backend, PlannedRun } from '../../backend.ts';
import type { ExecutorConfig } from '../../config.ts';
import { Updates } from '../updates.ts';
import { pending, surplusOf } from './admit.ts';
import { driveRun } from './drive-run.ts';
import {
  cancelAnnotation,
  labelValueOf,
  managedBy,
  manager,
  pipelineLabel,
  pipelineRunNameOf,
  runAnnotation,
  targetAnnotation,
} from './names.ts';
import { configMapOf, hasConfig, pipelineRunOf, tokenSecretOf } from './pipeline-run.ts';
import { planOnTheCluster } from './plan-on-the-cluster.ts';
import { RunWatch } from './run-watch.ts';
import { isOver } from './task-states.ts';
import { type PipelineRun, pipelineRunKind, readPipelineRun } from './tekton-objects.ts';

export interface TektonOptions {
  readonly kube: Kube;
  readonly config: Omit<ExecutorConfig, 'backend' | 'roots' | 'concurrency' | 'cli'>;
  readonly blobs: BlobStore;
  readonly log: Host<unknown>['log'];
  readonly now: () => Date;
}

/** An ended run stays at least this long, so that nobody who still tells of it loses it. Milliseconds. */
const restMs = 5 * 60_000;

interface RunInHand {
  readonly run: PlannedRun;
  readonly updates: Updates;
  readonly stop: AbortController;
  done: Promise<void>;
}

export function tektonBackend({ kube, config, blobs, log, now }: TektonOptions): Backend {
  const { namespace } = config;
  const inHand = new Map<string, RunInHand>();
  const watch = new RunWatch(kube, namespace, log);
  watch.start();

  const runsOf = async (pipeline: string): Promise<PipelineRun[]> => {
    const labels = `${managedBy}=${manager},${pipelineLabel}=${labelValueOf(pipeline)}`;
    return (await kube.list(pipelineRunKind, { namespace, labels })).map(readPipelineRun);
  };
  const cancel = async (name: string, reason: string): Promise<void> => {
    const ref = { ...pipelineRunKind, namespace, name };
    const found = await kube.get(ref);
    if (!found || isOver(readPipelineRun(found))) return;
    await kube.patch(ref, {
      metadata: { annotations: { [cancelAnnotation]: reason } },
      // What closes a run (finally) still runs.
      spec: { status: 'CancelledRunFinally' },
    });
  };
  const prune = async (pipeline: string): Promise<void> => {
    const settled = (run: PipelineRun): boolean =>
      now().getTime() - Date.parse(run.status.completionTime ?? '') > restMs && !inHand.has(runIdOf(run));
    for (const { metadata } of surplusOf(await runsOf(pipeline), config.keepRuns).filter(settled))
      await kube.delete({ ...pipelineRunKind, namespace, name: metadata.name }, { uid: metadata.uid });
  };

  return {
    name: 'tekton',
    plan: (run) => planOnTheCluster(run, config),

    async start(run) {
      if (inHand.has(run.runId)) return;
      if (config.cancelInProgress) await cancelOlder(run, await runsOf(run.pipeline), cancel);
      const { object } = await kube.create(pipelineRunOf(run, config));
      const found = readPipelineRun(object);
      if (runIdOf(found) !== run.runId)
        throw new InvalidInput(
          `There is a PipelineRun ${found.metadata.name} in ${namespace} that is not of run ${run.runId}: delete it.`,
          { code: 'run.taken' },
        );
      if (found.spec.status === pending && !isOver(found)) await giveItsFiles(run, object, kube, namespace);
      inHand.set(run.runId, drive(run));
    },

    cancel: (runId, reason) => cancel(pipelineRunNameOf(runId), reason),

    async *watch(runId) {
      const hand = inHand.get(runId);
      if (!hand) return;
      yield* hand.updates;
      await prune(hand.run.pipeline);
    },

    async release(runId) {
      const hand = inHand.get(runId);
      hand?.stop.abort();
      await hand?.done;
      inHand.delete(runId);
    },

    async ping() {
      watch.check();
      await kube.ping();
    },

    async close() {
      for (const hand of inHand.values()) hand.stop.abort();
      await Promise.all([...inHand.values()].map(({ done }) => done));
      await watch.stop();
    },
  };

  function drive(run: PlannedRun): RunInHand {
    const updates = new Updates();
    const stop = new AbortController();
    const done = driveRun(
      {
        kube,
        watch,
        namespace,
        pipeline: run.pipeline,
        name: pipelineRunNameOf(run.runId),
        maxRuns: config.maxRuns,
        components: new Map(run.tasks.map(({ name, component }) => [name, component])),
        logs: { kube, blobs, namespace, maxBytes: config.maxLogBytes, secrets: [run.token] },
        log,
        signal: stop.signal,
      },
      updates,
    ).then(
      () => updates.end(),
      (error: unknown) => updates.end(error),
    );
    return { run, updates, stop, done };
  }
}

// They go with their owner. Applied, not created: after an executor that was ended in between they are there already, and
// who may not read a Secret could not say whether.
async function giveItsFiles(run: PlannedRun, owner: KubeObject, kube: Kube, namespace: string): Promise<void> {
  const { name = '', uid = '' } = owner.metadata;
  const reference: OwnerReference = { ...pipelineRunKind, name, uid, controller: true, blockOwnerDeletion: true };
  await kube.apply(tokenSecretOf(run, namespace, reference), { fieldManager: manager, force: true });
  for (const { component } of run.tasks.filter((task) => hasConfig(task.component)))
    await kube.apply(configMapOf(run, component, await configFilesOf(component), namespace, reference), {
      fieldManager: manager,
      force: true,
    });
}

async function cancelOlder(
  { runId, target }: PlannedRun,
  runs: readonly PipelineRun[],
  cancel: (name: string, reason: string) => Promise<void>,
): Promise<void> {
  const name = pipelineRunNameOf(runId);
  // Begun again after a restart, it must not end those that came after it.
  if (runs.some(({ metadata }) => metadata.name === name)) return;
  for (const run of runs) {
    if (!isOver(run) && run.metadata.annotations[targetAnnotation] === target.name)
      await cancel(run.metadata.name, `run ${runId} of the same target began`);
  }
}

function runIdOf({ metadata }: PipelineRun): string {
  return metadata.annotations[runAnnotation] ?? '';
}

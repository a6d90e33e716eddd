// What runs a run's tasks. `local`: processes of this machine. `tekton`: a PipelineRun on Kubernetes.
import type { BlobRef, Outcome, RunRequested, Skip, StepLog, Target } from '@assay/contracts';
import type { Component, ParamValue, Pipeline } from '@assay/pipeline';

export interface PlannedTask {
  /** The component's name, unique in the run. */
  readonly name: string;
  readonly component: Component;
  /** Set: the task is not run, for this reason. */
  readonly skip?: { readonly why: Skip /** One sentence, with the repair. */; readonly reason: string };
}

export interface PlannedRun {
  readonly runId: string;
  readonly pipeline: string;
  readonly target: Target;
  readonly revision: string;
  readonly source: RunSource;
  /** What the pipeline has besides its components: tasks of its own, images that take the place of others. */
  readonly composition?: Pick<Pipeline, 'base' | 'images'>;
  readonly tasks: readonly PlannedTask[];
  /** Values for every task that declares them. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** What the tasks submit their reports with. */
  readonly token: string;
}

/** Where what is scanned comes from. */
export type RunSource =
  /** A folder of this machine; no task may write into it. */
  | { readonly folder: string }
  /** Fetched by a task of the run. */
  | { readonly url: string }
  | { readonly archive: BlobRef }
  /** A volume that the pipeline itself names. */
  | { readonly claim: string }
  /** Nothing that is fetched: no task reads sources. */
  | { readonly none: true };

export interface TaskEnd {
  readonly outcome: Outcome;
  /** One sentence; "" for success. */
  readonly reason: string;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly reportIds: readonly string[];
  /** At most 4 KiB, secrets redacted; "" for success. */
  readonly logTail: string;
  readonly skip?: Skip;
  readonly logs?: readonly StepLog[];
}

export type TaskUpdate =
  | { readonly kind: 'started'; readonly task: string; readonly at: Date }
  /** `offset`: bytes of the step's log before this piece. */
  | {
      readonly kind: 'logged';
      readonly task: string;
      readonly step: string;
      readonly offset: number;
      readonly text: string;
    }
  | { readonly kind: 'finished'; readonly task: string; readonly at: Date; readonly end: TaskEnd };

export interface Backend {
  readonly name: string;
  /** Throws InvalidInput with a sentence for whoever asked for the run. */
  plan(run: RunRequested): Promise<Omit<PlannedRun, 'token'>>;
  /** Begins a run; one that has begun already goes on as it is. */
  start(run: PlannedRun): Promise<void>;
  /** Has it ended, whichever replica runs it; one that nobody knows is left alone. */
  cancel(runId: string, reason: string): Promise<void>;
  /** What happens to its tasks, from the start, each once; ends when every task has ended. One reader a run. */
  watch(runId: string): AsyncIterable<TaskUpdate>;
  /** Lets go of a run: what cannot live without us ends, what can goes on. Resolves when we have no part in it. */
  release(runId: string): Promise<void>;
  /** Throws when it cannot run anything now. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

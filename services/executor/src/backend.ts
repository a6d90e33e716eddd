// What runs a run's tasks. `local`: processes of this machine. Tekton will be the other one.
import type { Outcome, Skip, Target } from '@assay/contracts';
import type { Component, ParamValue } from '@assay/pipeline';

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
  /** Folder that is scanned; no task may write into it. */
  readonly source: string;
  readonly tasks: readonly PlannedTask[];
  /** Values for every task that declares them. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** What the tasks submit their reports with. */
  readonly token: string;
}

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
}

export type TaskUpdate =
  | { readonly task: string; readonly at: Date; readonly end?: undefined }
  | { readonly task: string; readonly at: Date; readonly end: TaskEnd };

export interface Backend {
  readonly name: string;
  /** Begins a run; one that has begun already goes on as it is. */
  start(run: PlannedRun): Promise<void>;
  /** Ends what runs of it. Resolves when nothing does. */
  cancel(runId: string): Promise<void>;
  /** What happens to its tasks, from the start, each once; ends when every task has ended. One reader a run. */
  watch(runId: string): AsyncIterable<TaskUpdate>;
}

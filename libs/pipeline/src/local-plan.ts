// The local plan: a component's steps as processes of this machine, with everything substituted. Pure; nothing is
// started or written here.
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { type Component, describe, fits } from './component.ts';
import { pipelineParamOf } from './names.ts';
import { substitute, substituteAll, type Variables } from './substitute.ts';
import { durationMs, type ParamValue, type TaskStep } from './task-schema.ts';

export interface LocalPlanOptions {
  params: Readonly<Record<string, ParamValue>>;
  /** Folder of each workspace. */
  workspaces: Readonly<Record<string, string>>;
  /** Where result files and scripts go. */
  resultsFolder: string;
  scriptsFolder: string;
  /** What $(context.taskRun.name) is. */
  taskRunName: string;
}

export interface LocalStep {
  readonly name: string;
  /** What is executed, never through a shell. */
  readonly argv: readonly string[];
  /** A file to write before. */
  readonly script?: { readonly file: string; readonly content: string };
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The step's own limit; undefined: the task's. */
  readonly timeoutMs?: number;
  /** The task goes on when this step fails. */
  readonly continues: boolean;
}

export interface LocalPlan {
  readonly steps: readonly LocalStep[];
  /** File of each result, by name. */
  readonly results: Readonly<Record<string, string>>;
}

/** Throws InvalidInput when a param or workspace is missing or wrong, or the component needs a cluster. */
export function planLocally(component: Component, options: LocalPlanOptions): LocalPlan {
  refuseClusterOnly(component);
  const results = Object.fromEntries(component.results.map(({ name }) => [name, join(options.resultsFolder, name)]));
  const variables: Variables = {
    params: paramsOf(component, options.params),
    workspaces: workspacesOf(component, options.workspaces),
    results,
    context: {
      'task.name': component.name,
      'task.retry-count': '0',
      'taskRun.name': options.taskRunName,
      'taskRun.namespace': 'local',
      'taskRun.uid': options.taskRunName,
    },
  };
  const steps = component.steps.map((step, index) => toStep(component, step, index, variables, options));
  return { steps, results };
}

function toStep(
  component: Component,
  step: TaskStep,
  index: number,
  variables: Variables,
  options: LocalPlanOptions,
): LocalStep {
  const name = step.name ?? `step-${index}`;
  const args = substituteAll(step.args ?? [], variables);
  const script = step.script === undefined ? undefined : scriptOf(step.script, join(options.scriptsFolder, name));
  const argv = script
    ? [...script.interpreter, script.file, ...args]
    : [...substituteAll(step.command ?? [], variables), ...args];
  if (!step.command && !script) {
    throw unusable(component, `step "${name}" has no command, only its image knows it; the local backend needs one`);
  }
  return {
    name,
    argv,
    ...(script ? { script: { file: script.file, content: script.content } } : {}),
    env: Object.fromEntries(
      (step.env ?? []).map((variable) => [variable.name, substitute(variable.value ?? '', variables)]),
    ),
    cwd: step.workingDir ? substitute(step.workingDir, variables) : options.scriptsFolder,
    ...(step.timeout ? { timeoutMs: durationMs(step.timeout) } : {}),
    continues: step.onError === 'continue',
  };
}

// The first line says who reads the script, as the kernel would; Tekton's default is sh that stops at the first error.
// The interpreter is called rather than the file, so that a temporary folder mounted noexec will do.
function scriptOf(text: string, file: string): { file: string; content: string; interpreter: string[] } {
  const [, program, argument] = /^#!\s*(\S+)[ \t]*(.*)/.exec(text) ?? [];
  if (!program) return { file, content: `set -e\n${text}`, interpreter: ['/bin/sh'] };
  return { file, content: text, interpreter: argument?.trim() ? [program, argument.trim()] : [program] };
}

function paramsOf(component: Component, given: Readonly<Record<string, ParamValue>>): Record<string, ParamValue> {
  const values: Record<string, ParamValue> = {};
  for (const param of component.params) {
    const value = given[pipelineParamOf(component.name, param.name)] ?? given[param.name] ?? param.default;
    if (value === undefined) throw unusable(component, `param "${param.name}" has no value; give it one`);
    if (!fits(param, value)) throw unusable(component, `param "${param.name}" must be ${describe(param)}`);
    values[param.name] = value;
  }
  return values;
}

function workspacesOf(component: Component, given: Readonly<Record<string, string>>): Record<string, string> {
  const folders: Record<string, string> = {};
  for (const { name, optional } of component.workspaces) {
    const folder = given[name];
    if (folder !== undefined) folders[name] = folder;
    else if (!optional) throw unusable(component, `workspace "${name}" is not bound`);
  }
  return folders;
}

function refuseClusterOnly(component: Component): void {
  const { volumes, sidecars } = component.task.spec;
  const fromCluster = component.steps.flatMap(({ env }) => env ?? []).find(({ valueFrom }) => valueFrom !== undefined);
  const needs = [
    volumes === undefined ? '' : 'volumes',
    sidecars === undefined ? '' : 'sidecars',
    fromCluster ? `the environment variable ${fromCluster.name} from the cluster` : '',
  ].filter(Boolean);
  if (needs.length > 0) throw unusable(component, `it needs ${needs.join(' and ')}; run it on Tekton`);
}

function unusable(component: Component, why: string): InvalidInput {
  return new InvalidInput(`Task ${component.name} (${component.file}): ${why}.`, { code: 'component.plan' });
}

// A component: a Tekton Task with the label that says its stage. Everything wrong with it is told when it is loaded,
// with file and line, so that nothing is started that cannot work.
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { convertTask } from './dracon/convert-task.ts';
import type { HelmContext } from './dracon/helm-text.ts';
import { checked, type Located, parseDocument, readText } from './read-yaml.ts';
import { type Reference, references } from './substitute.ts';
import {
  annotationPrefix,
  durationSchema,
  type Stage,
  stageLabel,
  type TaskParam,
  type TaskStep,
  type TektonTask,
  taskSchema,
} from './task-schema.ts';

const code = 'component.invalid';
/** What makes a folder a component. */
export const taskFile = 'task.yaml';
const contextNames = ['task.name', 'taskRun.name', 'taskRun.namespace', 'taskRun.uid', 'task.retry-count'];

export interface Component {
  readonly name: string;
  readonly stage: Stage;
  readonly description: string;
  /** The task.yaml, and the folder with what belongs to it (rules, configuration). */
  readonly file: string;
  readonly folder: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly params: readonly TaskParam[];
  readonly workspaces: readonly NonNullable<TektonTask['spec']['workspaces']>[number][];
  readonly results: readonly NonNullable<TektonTask['spec']['results']>[number][];
  /** With the stepTemplate merged in. */
  readonly steps: readonly TaskStep[];
  /** The Task as written; one of Dracon's as converted. */
  readonly task: TektonTask;
  /** What is odd about it and does no harm: "task.yaml:12: …". */
  readonly warnings: readonly string[];
  /** It is not what its file says: one of Dracon's, converted. */
  readonly isConverted: boolean;
  /** One of Dracon's: held to what Tekton demands, not to our rules. */
  readonly isForeign: boolean;
}

/** `helm`: values for a component of Dracon's, which takes some from there. */
export async function loadComponent(file: string, helm: HelmContext = {}): Promise<Component> {
  return parseComponent(await readText(file, code), file, helm);
}

/**
 * Every <folder>/<name>/task.yaml, and every <folder>/<name>/<tool>/task.yaml: tools whose report has a format of
 * another name lie in that format's folder. By the component's name. A folder without one is passed over; throws
 * InvalidInput when one is wrong: a broken component is never left out.
 */
export async function loadComponents(folder: string, helm: HelmContext = {}): Promise<Component[]> {
  const folders = await foldersOf(folder);
  const inner = await Promise.all(folders.map(foldersOf));
  const files = await Promise.all(
    [...folders, ...inner.flat()].map(async (path) => ((await hasTask(path)) ? [join(path, taskFile)] : [])),
  );
  const components = await Promise.all(files.flat().map((file) => loadComponent(file, helm)));
  return components.sort((left, right) => left.name.localeCompare(right.name));
}

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/** Whether a folder is a component. */
export async function hasTask(folder: string): Promise<boolean> {
  return stat(join(folder, taskFile)).then(
    () => true,
    () => false,
  );
}

export function parseComponent(text: string, file: string, helm: HelmContext = {}): Component {
  return componentOf(parseDocument(text, file, code), file, helm);
}

/** Of one document of a file. */
export function componentOf(document: Located<unknown>, file: string, helm: HelmContext = {}): Component {
  const { document: ours, warnings, isConverted, isForeign } = convertTask(document, helm);
  const located = checked(ours, taskSchema, code);
  const { metadata, spec } = located.value;
  const component: Component = {
    name: metadata.name,
    stage: metadata.labels[stageLabel],
    description: spec.description ?? '',
    file,
    folder: dirname(file),
    annotations: metadata.annotations ?? {},
    params: spec.params ?? [],
    workspaces: spec.workspaces ?? [],
    results: spec.results ?? [],
    steps: spec.steps.map((step) => fromTemplate(step, spec.stepTemplate)),
    task: located.value,
    warnings,
    isConverted,
    isForeign,
  };
  const doubtful = [...wrongVariables(component, located)];
  const mistakes = [
    ...duplicates(component, located),
    ...wrongDefaults(component, located),
    ...(isForeign ? [] : doubtful),
    ...withoutImage(component, located),
    ...wrongAnnotations(component, located),
  ];
  if (mistakes.length > 0) throw new InvalidInput(mistakes.join('\n'), { code });
  return isForeign ? { ...component, warnings: [...warnings, ...doubtful] } : component;
}

// Tekton merges as Kubernetes' strategic merge does: the step's own fields win, environment goes by name.
function fromTemplate(step: TaskStep, template: TektonTask['spec']['stepTemplate']): TaskStep {
  if (!template) return step;
  const own = new Set(step.env?.map(({ name }) => name));
  const env = [...(template.env ?? []).filter(({ name }) => !own.has(name)), ...(step.env ?? [])];
  return { ...template, ...step, ...(env.length > 0 ? { env } : {}) };
}

function* duplicates({ params, workspaces, results, steps }: Component, { at }: Located<TektonTask>) {
  for (const [kind, entries] of Object.entries({ params, workspaces, results, steps })) {
    const seen = new Set<string>();
    for (const [index, { name }] of entries.entries()) {
      if (name !== undefined && seen.has(name)) yield `${at(['spec', kind, index])}: ${kind} has "${name}" twice`;
      if (name !== undefined) seen.add(name);
    }
  }
}

function* wrongDefaults({ params }: Component, { at }: Located<TektonTask>) {
  for (const [index, param] of params.entries()) {
    if (param.default === undefined || fits(param, param.default)) continue;
    yield `${at(['spec', 'params', index, 'default'])}: the default of "${param.name}" is not ${describe(param)}`;
  }
}

/** Whether a value is one that a param takes. */
export function fits(param: TaskParam, value: unknown): boolean {
  switch (typeOf(param)) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    default:
      return typeof value === 'string' && (param.enum?.includes(value) ?? true);
  }
}

/** What a param takes, in words: "a string", "one of a, b". */
export function describe(param: TaskParam): string {
  if (param.enum) return `one of ${param.enum.join(', ')}`;
  const type = typeOf(param);
  return type === 'string' ? 'a string' : `an ${type}`;
}

function typeOf(param: TaskParam): 'string' | 'array' | 'object' {
  if (param.type) return param.type;
  if (Array.isArray(param.default)) return 'array';
  return typeof param.default === 'object' ? 'object' : 'string';
}

function* wrongVariables(component: Component, { at }: Located<TektonTask>) {
  for (const [index, step] of component.steps.entries()) {
    const where = ['spec', 'steps', index];
    const [inScript] = references(step.script ?? '');
    if (inScript) {
      yield `${at([...where, 'script'])}: ${inScript.text} inside a script would be read as shell code; pass it through env and read "$NAME"`;
    }
    const texts = [
      ...(step.command ?? []).map((text, position) => [['command', position], text] as const),
      ...(step.args ?? []).map((text, position) => [['args', position], text] as const),
      ...(step.env ?? []).map(({ value }, position) => [['env', position], value ?? ''] as const),
      [['workingDir'], step.workingDir ?? ''] as const,
    ];
    for (const [path, text] of texts) {
      for (const reference of references(text)) {
        if (!isKnown(reference, component)) {
          yield `${at([...where, ...path])}: ${reference.text} is not declared by this task`;
        }
      }
    }
  }
}

function isKnown({ root, path }: Reference, component: Component): boolean {
  const [name] = path;
  if (root === 'context') return contextNames.includes(path.join('.'));
  if (root === 'params') {
    return component.params.some((param) => param.name === path.join('.') || (param.name === name && path.length > 1));
  }
  const last = path.slice(1).join('.');
  if (root === 'results') return last === 'path' && component.results.some((result) => result.name === name);
  return ['path', 'bound'].includes(last) && component.workspaces.some((workspace) => workspace.name === name);
}

function* withoutImage({ steps }: Component, { at }: Located<TektonTask>) {
  for (const [index, { image, ref }] of steps.entries()) {
    if (!image && !ref) yield `${at(['spec', 'steps', index])}: the step has no image, and the stepTemplate neither`;
  }
}

function* wrongAnnotations({ annotations }: Component, { at }: Located<TektonTask>) {
  const rules = {
    timeout: [
      durationSchema.safeParse(annotations[`${annotationPrefix}timeout`] ?? '1s').success,
      'like "1h30m" or "90s"',
    ],
    retries: [/^\d$/.test(annotations[`${annotationPrefix}retries`] ?? '0'), 'a number from 0 to 9'],
    finally: [/^(true|false)$/.test(annotations[`${annotationPrefix}finally`] ?? 'true'), '"true" or "false"'],
  } as const;
  for (const [name, [isRight, what]] of Object.entries(rules)) {
    const key = annotationPrefix + name;
    if (!isRight) yield `${at(['metadata', 'annotations', key])}: ${key} must be ${what}`;
  }
}

// A Task as Dracon's components are written (tekton.dev/v1beta1, with Helm's expressions, sharing one workspace) as a
// component of ours: tekton.dev/v1, the workspace `source` to read, a step that hands the report over. What cannot be
// kept is told, never dropped silently.
import type { Located } from '../read-yaml.ts';
import { annotationPrefix, stageLabel } from '../task-schema.ts';
import { withFindings } from './findings-steps.ts';
import { fillHelm, type HelmContext, hasHelm } from './helm-text.ts';
import { withSubmit } from './submit-step.ts';

/** The label of those who went on with Dracon under another name. */
const otherLabels = ['v1.smithy.smithy-security.com/component'];
/** What they call the volume with the code, and what each task has of its own. */
const sharedWorkspaces = ['output', 'source-code-ws', 'source-code'];
const ownWorkspaces = ['scratch'];
/** What they are given of the base component, and without one; their programs end without a time. */
const scanParams: Readonly<Record<string, string>> = {
  dracon_scan_id: '',
  dracon_scan_start_time: '1970-01-01T00:00:00Z',
  dracon_scan_tags: '',
};
const scanVariables = [
  { name: 'DRACON_SCAN_ID', value: '$(params.dracon_scan_id)' },
  { name: 'DRACON_SCAN_TIME', value: '$(params.dracon_scan_start_time)' },
];
/** Fields that tekton.dev/v1 has no more. */
const goneStepFields = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'stdin',
  'stdinOnce',
  'tty',
];

/** Says of a Task of tekton.dev/v1 that it was converted. */
const writtenFor = `${annotationPrefix}written-for`;

type Json = Record<string, unknown>;

export interface Converted {
  readonly document: Located<unknown>;
  readonly warnings: readonly string[];
  /** It is not what the file says any more. */
  readonly isConverted: boolean;
  /** One of Dracon's, converted now or when it was packaged: held to what Tekton demands, not to our rules. */
  readonly isForeign: boolean;
}

/** Whether a document is such a Task, rather than one of ours with a mistake. */
/** Workspaces of theirs that are ours by another name. */
export function ourWorkspace(name: string): string {
  if (sharedWorkspaces.includes(name)) return 'source';
  return ownWorkspaces.includes(name) ? 'output' : name;
}

export function isDracon(value: unknown): value is Json {
  if (!isObject(value) || value['kind'] !== 'Task') return false;
  const labels =
    isObject(value['metadata']) && isObject(value['metadata']['labels']) ? value['metadata']['labels'] : {};
  return value['apiVersion'] === 'tekton.dev/v1beta1' || otherLabels.some((label) => label in labels);
}

/** Places stay where they were, so that what is told later has the right lines; what is added comes last. */
export function convertTask({ value, at }: Located<unknown>, helm: HelmContext): Converted {
  if (!isDracon(value)) {
    return { document: { value, at }, warnings: [], isConverted: false, isForeign: wasConverted(value) };
  }
  const warnings: string[] = [];
  const filled = withHelm({ value, at }, helm).value;
  const task = isObject(filled) ? filled : {};
  const spec = isObject(task['spec']) ? task['spec'] : {};
  const steps = listOf(spec['steps']).map((step, index) => toStep(step, ['spec', 'steps', index], at, warnings));
  const v1: Json = {
    ...task,
    apiVersion: 'tekton.dev/v1',
    metadata: withLabel(task['metadata']),
    spec: {
      ...spec,
      ...(spec['params'] ? { params: listOf(spec['params']).map(withDefault) } : {}),
      steps,
      ...(isObject(spec['stepTemplate']) ? { stepTemplate: renameResources(spec['stepTemplate']) } : {}),
      ...(spec['sidecars'] ? { sidecars: listOf(spec['sidecars']).map(renameResources) } : {}),
    },
  };
  const scanned = withScan(withOurWorkspaces(v1));
  const handing = withFindings(withSubmit(scanned, at, warnings), at, warnings);
  return { document: { value: handing, at }, warnings, isConverted: true, isForeign: true };
}

/** A document of a chart with its expressions filled in. */
export function withHelm({ value, at }: Located<unknown>, helm: HelmContext): Located<unknown> {
  return { value: filledIn(value, helm, [], at), at };
}

function filledIn(value: unknown, helm: HelmContext, path: PropertyKey[], at: Located<unknown>['at']): unknown {
  if (typeof value === 'string') return hasHelm(value) ? fillHelm(value, helm, at(path)) : value;
  if (Array.isArray(value)) return value.map((item, index) => filledIn(item, helm, [...path, index], at));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, filledIn(item, helm, [...path, key], at)]),
  );
}

function toStep(step: unknown, path: PropertyKey[], at: Located<unknown>['at'], warnings: string[]): unknown {
  if (!isObject(step)) return step;
  const kept = renameResources(step);
  for (const field of goneStepFields) {
    if (!(field in kept)) continue;
    warnings.push(`${at([...path, field])}: ${field} is left out; tekton.dev/v1 has it no more`);
    delete kept[field];
  }
  // Written out by some tools, and no more than nothing.
  if (Array.isArray(kept['env']) && kept['env'].length === 0) delete kept['env'];
  // Its image says what is run.
  if (!('script' in kept || 'command' in kept || 'args' in kept)) kept['args'] = [];
  return kept;
}

function renameResources(container: unknown): Json {
  const { resources, ...rest } = isObject(container) ? container : {};
  return resources === undefined || (isObject(resources) && Object.keys(resources).length === 0)
    ? rest
    : { ...rest, computeResources: resources };
}

function wasConverted(value: unknown): boolean {
  const metadata = isObject(value) ? value['metadata'] : undefined;
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  return isObject(annotations) && annotations[writtenFor] === 'dracon';
}

function withLabel(metadata: unknown): Json {
  const { labels, annotations, namespace: _, ...others } = isObject(metadata) ? metadata : {};
  const rest = { ...others, annotations: { ...(isObject(annotations) ? annotations : {}), [writtenFor]: 'dracon' } };
  if (!isObject(labels) || stageLabel in labels) return { ...rest, ...(labels === undefined ? {} : { labels }) };
  const other = otherLabels.find((label) => label in labels);
  return { ...rest, labels: other ? { ...labels, [stageLabel]: labels[other] } : labels };
}

function withDefault(param: unknown): unknown {
  if (!isObject(param) || 'default' in param) return param;
  const fallback = scanParams[String(param['name'])];
  return fallback === undefined ? param : { ...param, default: fallback };
}

// Whoever packaged them added these to every task behind the base.
function withScan(task: Json): Json {
  const { metadata, spec } = task as { metadata: Json; spec: Json };
  const stage = isObject(metadata['labels']) ? metadata['labels'][stageLabel] : undefined;
  if (stage !== 'producer' && stage !== 'enricher') return task;
  const params = listOf(spec['params']);
  const has = (name: string) => params.some((param) => isObject(param) && param['name'] === name);
  const missing = ['dracon_scan_id', 'dracon_scan_start_time'].filter((name) => !has(name));
  return {
    ...task,
    spec: {
      ...spec,
      params: [...params, ...missing.map((name) => ({ name, type: 'string', default: scanParams[name] }))],
      steps: listOf(spec['steps']).map(withScanVariables),
    },
  };
}

function withScanVariables(step: unknown): unknown {
  if (!isObject(step)) return step;
  const env = listOf(step['env']);
  const names = env.map((variable) => (isObject(variable) ? variable['name'] : undefined));
  return { ...step, env: [...env, ...scanVariables.filter(({ name }) => !names.includes(name))] };
}

// They share one volume under several names and write reports into it; ours is read from one, and each task writes into
// its own. Some use a workspace that they do not declare: whoever packaged them added it.
function withOurWorkspaces(task: Json): Json {
  const text = JSON.stringify(task['spec']);
  const spec = isObject(task['spec']) ? task['spec'] : {};
  const declared = listOf(spec['workspaces']);
  const names = declared.map((workspace) => (isObject(workspace) ? String(workspace['name']) : ''));
  const uses = (name: string) => names.includes(name) || text.includes(`$(workspaces.${name}.`);
  const wanted = [
    ...(sharedWorkspaces.some(uses) ? ['source'] : []),
    ...(ownWorkspaces.some(uses) || /\/\.(dracon|smithy)\b/.test(text) ? ['output'] : []),
  ];
  const others = declared.filter((_, index) => ![...sharedWorkspaces, ...ownWorkspaces].includes(names[index] ?? ''));
  const renamed = renameIn(spec);
  return {
    ...task,
    spec: { ...(isObject(renamed) ? renamed : {}), workspaces: [...others, ...wanted.map((name) => ({ name }))] },
  };
}

const reference = /\$\(workspaces\.(output|source-code-ws|source-code|scratch)\./g;
/** Where they leave reports for each other. */
const exchange = /\$\(workspaces\.(?:output|source-code-ws|source-code)\.path\)(?=\/\.(?:dracon|smithy)\b)/g;

function renameIn(value: unknown): unknown {
  if (typeof value === 'string') {
    const own = value.replace(exchange, '$(workspaces.scratch.path)');
    return own.replace(reference, (_, name: string) => `$(workspaces.${ourWorkspace(name)}.`);
  }
  if (Array.isArray(value)) return value.map(renameIn);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameIn(item)]));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

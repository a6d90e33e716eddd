// A component as a kustomize Component: its patches add to a Pipeline what composePipeline adds. Components know nothing
// of each other; what one needs of those before it (what it runs after, which results it is given) they leave in an
// object beside the Pipeline, which kustomize drops from its output (config.kubernetes.io/local-config).
import { basename, relative } from 'node:path';
import { stringify } from 'yaml';
import type { Component } from './component.ts';
import {
  composePipeline,
  givesAnchor,
  globsOf,
  isAnchors,
  isLast,
  memberOf,
  pipelineLabels,
  selectsAnnotation,
  tellerOf,
  wiredNames,
} from './compose.ts';
import { configFilesOf } from './config-files.ts';
import { givenParams } from './given-params.ts';
import { stageLabel, stages } from './task-schema.ts';

const header =
  '# Made by Assay from task.yaml (assay component package). Changes here are lost; plain kustomize reads this.\n';
const composition = { kind: 'PipelineComposition' };
const membersAnnotation = 'assay.dev/members';
const resultsPrefix = 'results.assay.dev/';
/** Aggregators are left out, so nothing runs before or after them. */
const composedStages = stages.filter((stage) => !stage.endsWith('-aggregator'));

interface Operation {
  readonly op: 'add' | 'copy' | 'remove' | 'replace';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

interface Patch {
  readonly target: Readonly<Record<string, string>>;
  readonly patch: string;
}

/** The text of the kustomization.yaml beside a component's task.yaml. */
export async function kustomizationOf(component: Component): Promise<string> {
  const files = Object.keys(await configFilesOf(component));
  const configMap = `${component.name}-config`;
  return (
    header +
    stringify(
      {
        apiVersion: 'kustomize.config.k8s.io/v1alpha1',
        kind: 'Component',
        resources: [basename(component.file)],
        ...(files.length > 0
          ? {
              configMapGenerator: [
                { name: configMap, files, options: { disableNameSuffixHash: true, labels: pipelineLabels('any') } },
              ],
            }
          : {}),
        patches: [
          taskPatch(component),
          compositionPatch(component),
          ...conditionalPatches(component),
          ...tellerPatches(component),
        ],
        replacements: [...replacementsOf(component), ...(files.length > 0 ? ofConfigMap(configMap) : [])],
      },
      { lineWidth: 0, aliasDuplicateObjects: false },
    )
  );
}

/** A folder of components as one kustomize Component of them all, by name as loadComponents has them. */
export function kustomizationOfFolder(folder: string, components: readonly Component[]): string {
  const paths = components.map((component) => relative(folder, component.folder));
  return header + stringify({ apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component', components: paths });
}

/** The text of the pipeline.yaml that components are added to. */
export function emptyPipeline(name: string): string {
  const pipeline = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name, labels: pipelineLabels(name) } };
  const each = (value: string) => `{${composedStages.map((stage) => `${stage}: ${value}`).join(', ')}}`;
  return `# What the components are added to. A description, tasks of your own and \`finally\` go into its spec.
${stringify({ ...pipeline, spec: {} })}---
# What components tell those after them while plain kustomize composes; it is no part of the result.
apiVersion: assay.dev/v1alpha1
kind: ${composition.kind}
metadata:
  name: ${name}
  annotations:
    config.kubernetes.io/local-config: "true"
    ${membersAnnotation}: none
start: ${each('{}')}
names: ${each('[]')}
anchors: ${each('[]')}
anchorsBefore: ${each('[]')}
results: {}
members: ""
some: some
`;
}

// The task goes into the Pipeline inline and is no object of its own.
function taskPatch({ name, stage, params, task }: Component): Patch {
  const annotations = task.metadata.annotations;
  return {
    target: { kind: 'Task', name },
    patch: operations([
      ...(annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} } as const]),
      { op: 'add', path: '/metadata/annotations/config.kubernetes.io~1local-config', value: 'true' },
      { op: 'add', path: '/spec/metadata', value: { labels: { [stageLabel]: stage } } },
      ...params.flatMap((param, index) =>
        param.enum ? [{ op: 'remove', path: `/spec/params/${index}/enum` } as const] : [],
      ),
    ]),
  };
}

function compositionPatch(component: Component): Patch {
  const { name, stage } = component;
  const alone = composePipeline({ name, components: [component] }, { tasks: 'reference' });
  const [task = { name }] = [...alone.spec.tasks, ...(alone.spec.finally ?? [])];
  const { runAfter: _, when: __, taskRef: ___, ...fields } = task;
  const later = composedStages.slice(composedStages.indexOf(stage) + 1);
  const anchors = component.params.findIndex(isAnchors);
  return {
    target: composition,
    patch: operations([
      isLast(component)
        ? { op: 'add', path: '/task', value: {} }
        : { op: 'copy', from: `/start/${stage}`, path: '/task' },
      ...Object.entries(fields).map(([field, value]) => ({ op: 'add', path: `/task/${field}`, value }) as const),
      ...(anchors < 0
        ? []
        : [{ op: 'copy', from: `/anchorsBefore/${stage}`, path: `/task/params/${anchors}/value` } as const]),
      { op: 'add', path: '/params', value: alone.spec.params },
      { op: 'add', path: '/workspaces', value: alone.spec.workspaces },
      { op: 'add', path: '/member', value: memberOf(component) },
      ...(isLast(component)
        ? []
        : ([
            { op: 'add', path: `/names/${stage}/-`, value: name },
            ...(givesAnchor(component)
              ? [{ op: 'add', path: `/anchors/${stage}/-`, value: `$(tasks.${name}.results.anchor)` } as const]
              : []),
            ...later.flatMap((it) => [
              { op: 'add', path: `/start/${it}`, value: {} } as const,
              { op: 'copy', from: `/names/${stage}`, path: `/start/${it}/runAfter` } as const,
              { op: 'copy', from: `/anchors/${stage}`, path: `/anchorsBefore/${it}` } as const,
            ]),
          ] as const)),
    ]),
  };
}

// The first who has a result of that name gives it; who is of a later stage takes it.
function conditionalPatches(component: Component): Patch[] {
  const { name, stage, params, results } = component;
  const takes = params.flatMap((param, index): Patch[] => {
    const from = ['base', 'source'] as const;
    const isWired = from.some((it) => stages.indexOf(it) < stages.indexOf(stage) && couldBeOf(it, param.name));
    if (!isWired) return [];
    return [
      {
        target: { ...composition, annotationSelector: `${resultsPrefix}${param.name}=${param.type ?? 'string'}` },
        patch: operations([{ op: 'copy', from: `/results/${param.name}`, path: `/task/params/${index}/value` }]),
      },
    ];
  });
  const gives = results.flatMap((result) =>
    wiredNames(stage, result.name).map((wired): Patch => {
      const key = `${resultsPrefix}${wired}`;
      return {
        target: { ...composition, annotationSelector: `!${key}` },
        patch: operations([
          { op: 'add', path: `/results/${wired}`, value: `$(tasks.${name}.results.${result.name})` },
          { op: 'add', path: `/metadata/annotations/${key.replace('/', '~1')}`, value: result.type ?? 'string' },
        ]),
      };
    }),
  );
  const selected =
    stage === 'producer' && globsOf(component).length > 0
      ? [
          {
            target: { ...composition, annotationSelector: selectsAnnotation },
            patch: operations([
              { op: 'add', path: '/task/when', value: [] },
              { op: 'copy', from: '/when', path: '/task/when/0' },
              { op: 'add', path: '/task/when/0/input', value: name },
            ]),
          },
        ]
      : [];
  return [...takes, ...gives, ...selected];
}

function couldBeOf(stage: 'base' | 'source', param: string): boolean {
  return (
    (param.startsWith(`${stage}-`) && !givenParams.includes(param)) ||
    (stage === 'base' && param.startsWith('dracon_')) ||
    (stage === 'source' && param === 'revision')
  );
}

// The first source that tells what has something to scan: producers run when it says so.
function tellerPatches(component: Component): Patch[] {
  if (tellerOf([component]) === undefined) return [];
  const key = `/metadata/annotations/${selectsAnnotation.replace('/', '~1')}`;
  const value = { operator: 'in', values: [`$(tasks.${component.name}.results.applies[*])`] };
  const isFirst = { annotationSelector: `!${selectsAnnotation}` };
  return [
    {
      target: { ...composition, ...isFirst },
      patch: operations([
        { op: 'add', path: '/when', value },
        { op: 'add', path: key, value: component.name },
      ]),
    },
    {
      target: { kind: 'Pipeline', ...isFirst },
      patch: JSON.stringify({
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata: { name: 'any', annotations: { [selectsAnnotation]: component.name } },
      }),
    },
  ];
}

function replacementsOf(component: Component) {
  const alone = composePipeline({ name: component.name, components: [component] }, { tasks: 'reference' });
  const list = isLast(component) ? 'finally' : 'tasks';
  const task = `spec.${list}.${named(component.name)}`;
  const into = (fieldPath: string, path: string) => ({
    source: { ...composition, fieldPath },
    targets: [{ select: { kind: 'Pipeline' }, fieldPaths: [path], options: { create: true } }],
  });
  return [
    into('task', task),
    {
      source: { kind: 'Task', name: component.name, fieldPath: 'spec' },
      targets: [{ select: { kind: 'Pipeline' }, fieldPaths: [`${task}.taskSpec`], options: { create: true } }],
    },
    ...alone.spec.params.map(({ name }, index) => into(`params.${index}`, `spec.params.${named(name)}`)),
    ...alone.spec.workspaces.map(({ name }, index) => into(`workspaces.${index}`, `spec.workspaces.${named(name)}`)),
    ...membersReplacements(component),
  ];
}

// Kustomize reads the value as a regular expression, so "target" would be "target-kind" too. An entry that it makes is
// called by the whole expression until it is replaced, and must match it, or kustomize goes on making them: the "~".
function named(name: string): string {
  return `[name=^${name}$|~]`;
}

// The globs of all: the first sets the text, the others add to it.
function membersReplacements(component: Component): unknown[] {
  const member = memberOf(component);
  const isTeller = tellerOf([component]) !== undefined;
  const pass = {
    source: { ...composition, fieldPath: 'members' },
    targets: [
      {
        select: { kind: 'Pipeline', annotationSelector: selectsAnnotation },
        fieldPaths: [`spec.params.${named('applies-to')}.default`],
      },
    ],
  };
  if (!member) return isTeller ? [pass] : [];
  const set = (from: string, select: string, to: string, options?: unknown) => ({
    source: { ...composition, fieldPath: from },
    targets: [
      {
        select: { ...composition, annotationSelector: `${membersAnnotation}=${select}` },
        fieldPaths: [to],
        ...(options ? { options } : {}),
      },
    ],
  });
  return [
    set('member', 'some', 'members', { delimiter: ',', index: 1_000_000 }),
    set('member', 'none', 'members'),
    set('some', 'none', `metadata.annotations.${membersAnnotation.replace('.', '\\.')}`),
    pass,
  ];
}

/** In a namespace each pipeline has its own. */
function ofConfigMap(name: string): unknown[] {
  const select = { kind: 'ConfigMap', name };
  const label = 'metadata.labels.assay\\.dev/pipeline';
  return [
    {
      source: { kind: 'Pipeline', fieldPath: label },
      targets: [{ select, fieldPaths: [label] }],
    },
    {
      source: { kind: 'Pipeline', fieldPath: 'metadata.name' },
      targets: [{ select, fieldPaths: ['metadata.name'], options: { delimiter: '-', index: -1 } }],
    },
  ];
}

function operations(list: readonly Operation[]): string {
  return stringify(list, { lineWidth: 0, aliasDuplicateObjects: false });
}

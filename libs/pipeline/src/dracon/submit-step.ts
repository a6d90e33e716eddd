// Dracon's producers write what they found as protobuf into the shared volume, for an aggregator to collect. Here each
// hands its own over, as our producers do; the aggregator has nothing left to collect.
import type { Located } from '../read-yaml.ts';
import { stageLabel } from '../task-schema.ts';

type Json = Record<string, unknown>;

const params = [
  { name: 'target', description: 'Whose findings these are' },
  { name: 'target-kind', default: 'repository' },
  { name: 'revision', description: 'Commit that is scanned', default: '' },
  { name: 'run', description: 'The run this task belongs to' },
  {
    name: 'steps',
    description: 'Enrichment steps, each as --step=NAME:KEY=VALUE,…',
    type: 'array',
    default: [],
  },
  { name: 'gateway', description: 'Where the report is handed over' },
];

const script = `#!/bin/sh
# A tool that found nothing may write nothing.
[ -e "$REPORT" ] || { echo "there is no report at $REPORT" >&2; exit 70; }
# The key makes the same task, run again, the same report.
exec assay report submit --format=dracon --target="$TARGET" --kind="$KIND" \${REVISION:+"--revision=$REVISION"} \\
  --run="$RUN" --task="$TASK" --idempotency-key="$RUN/$TASK" --source-root="$SOURCE" "$@" "$REPORT" >"$RESULT"
`;

/** A producer's Task with the step that hands over the file its last step writes. Other Tasks stay as they are. */
export function withSubmit(task: Json, at: Located<unknown>['at'], warnings: string[]): Json {
  const { metadata, spec } = task as { metadata?: Json; spec?: Json };
  const labels = metadata?.['labels'] as Json | undefined;
  if (!spec || labels?.[stageLabel] !== 'producer') return task;
  const steps = spec['steps'] as readonly unknown[];
  const report = reportOf(steps);
  if (!report) {
    warnings.push(`${at(['spec', 'steps'])}: no step writes a .pb file to "-out", so nothing it finds is handed over`);
    return task;
  }
  const declared = listOf(spec['params']);
  const has = (name: string) => declared.some((param) => param['name'] === name);
  const workspaces = listOf(spec['workspaces']);
  const source = workspaces.some(({ name }) => name === 'source');
  return {
    ...task,
    spec: {
      ...spec,
      params: [...declared, ...params.filter(({ name }) => !has(name))],
      workspaces: [...workspaces, { name: 'credentials', description: "The run's token", readOnly: true }],
      results: [...listOf(spec['results']), { name: 'report', description: 'Id of the report that was handed over' }],
      steps: [...steps, submitStep(report, source)],
    },
  };
}

interface DraconStep {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly script?: string;
  readonly volumeMounts?: unknown;
}

/** Where a report is, and what must be mounted to see it. */
interface Report {
  readonly path: string;
  readonly volumeMounts?: unknown;
}

function submitStep({ path, volumeMounts }: Report, hasSource: boolean): Json {
  return {
    name: 'submit',
    image: 'ghcr.io/assay/cli:0.1.0',
    args: ['$(params.steps[*])'],
    env: [
      { name: 'REPORT', value: path },
      { name: 'ASSAY_URL', value: '$(params.gateway)' },
      { name: 'ASSAY_TOKEN_FILE', value: '$(workspaces.credentials.path)/token' },
      { name: 'TARGET', value: '$(params.target)' },
      { name: 'KIND', value: '$(params.target-kind)' },
      { name: 'REVISION', value: '$(params.revision)' },
      { name: 'RUN', value: '$(params.run)' },
      { name: 'TASK', value: '$(context.task.name)' },
      { name: 'SOURCE', value: hasSource ? '$(workspaces.source.path)' : '/' },
      { name: 'RESULT', value: '$(results.report.path)' },
    ],
    workspaces: [{ name: 'credentials' }],
    ...(volumeMounts ? { volumeMounts } : {}),
    script,
  };
}

/** The last "-out=….pb", or "-out", "….pb". */
function reportOf(steps: readonly unknown[]): Report | undefined {
  const found = steps.flatMap((step) => {
    const { args, command, script: text, volumeMounts } = step as DraconStep;
    const words = [...(command ?? []), ...(args ?? []), ...(text ?? '').split(/[\s;]+/)];
    return words.flatMap((word, index) => {
      const [, joined] = /^--?out=["']?([^"']+\.pb)["']?$/.exec(word) ?? [];
      const next = words[index + 1];
      const path = joined ?? (/^--?out$/.test(word) && next?.endsWith('.pb') ? next : undefined);
      return path ? [{ path, ...(path.startsWith('$(') || !volumeMounts ? {} : { volumeMounts }) }] : [];
    });
  });
  return found.at(-1);
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

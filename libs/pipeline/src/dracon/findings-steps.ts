// Dracon's enrichers and consumers read the findings from files in the shared volume, where an aggregator put them. Here a
// step before them pulls the run's findings to where they look, and one behind an enricher returns what it changed.
import type { Located } from '../read-yaml.ts';
import { stageLabel } from '../task-schema.ts';

type Json = Record<string, unknown>;

interface Step {
  readonly name?: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly onError?: string;
}

/** An enricher's or consumer's Task with those steps. Other Tasks stay as they are. */
export function withFindings(task: Json, at: Located<unknown>['at'], warnings: string[]): Json {
  const { metadata, spec } = task as { metadata?: Json; spec?: Json };
  const stage = (metadata?.['labels'] as Json | undefined)?.[stageLabel];
  const isEnricher = stage === 'enricher';
  if (!spec || !(isEnricher || stage === 'consumer')) return task;
  const steps = (spec['steps'] as readonly Step[]).map((step, index) => ({ name: `step-${index}`, ...step }));
  const reader = steps.find((step) => readPath(step) !== undefined);
  if (!reader) {
    warnings.push(
      `${at(['spec', 'steps'])}: no step says by READ_PATH or "-in" where it reads, so it is given no findings`,
    );
    return task;
  }
  const name = String(metadata?.['name']);
  const folder = readPath(reader) ?? '';
  const written = reader.env?.find((variable) => variable.name === 'WRITE_PATH')?.value;
  const asked = isEnricher ? [`--step=${name}`] : [];
  const pull = cli('pull-findings', [
    'run-findings',
    'pull',
    '--run=$(params.run)',
    ...asked,
    '--format=dracon',
    `--dir=${folder}`,
  ]);
  const push = cli('push-findings', [
    'run-findings',
    'push',
    '--run=$(params.run)',
    ...asked,
    `--dir=${folder}`,
    ...(written ? [`--from=${written}`] : []),
    `--exit-code-file=$(steps.step-${reader.name}.exitCode.path)`,
  ]);
  // When it fails, the next step returns the findings as they were, and fails then.
  const tools = isEnricher ? steps.map((step) => (step === reader ? { ...step, onError: 'continue' } : step)) : steps;
  return {
    ...task,
    spec: {
      ...spec,
      params: [
        ...listOf(spec['params']),
        { name: 'run', description: 'The run this task belongs to' },
        { name: 'gateway', description: 'Where the findings are' },
      ],
      workspaces: [
        ...listOf(spec['workspaces']),
        { name: 'credentials', description: "The run's token", readOnly: true },
      ],
      steps: [pull, ...tools, ...(isEnricher ? [push] : [])],
    },
  };
}

function readPath({ env, args, command }: Step): string | undefined {
  const named = env?.find(({ name }) => name === 'READ_PATH')?.value;
  if (named) return named;
  const words = [...(command ?? []), ...(args ?? [])];
  const at = words.findIndex((word) => /^--?in(=|$)/.test(word));
  if (at < 0) return undefined;
  return words[at]?.includes('=') ? words[at]?.replace(/^--?in=/, '') : words[at + 1];
}

function cli(name: string, args: readonly string[]): Json {
  return {
    name,
    image: 'ghcr.io/assay/cli:0.1.0',
    workspaces: [{ name: 'credentials' }],
    env: [
      { name: 'ASSAY_URL', value: '$(params.gateway)' },
      { name: 'ASSAY_TOKEN_FILE', value: '$(workspaces.credentials.path)/token' },
    ],
    command: ['assay'],
    args,
  };
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

// A world for specs: tools that are shell scripts, components that run them, and an `assay` that keeps what it is given.
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobs } from '@assay/blobs';
import { type Component, loadComponent } from '@assay/pipeline';
import type { TaskEnd, TaskUpdate } from '../backend.ts';
import type { LocalPlanSettings } from '../backends/local/plan-on-this-machine.ts';
import type { ToolPlaces } from '../tools/find-tool.ts';

export interface TinyWorld extends AsyncDisposable {
  readonly root: string;
  readonly home: string;
  readonly source: string;
  readonly components: string;
  readonly cli: string;
  readonly places: ToolPlaces;
  readonly plan: LocalPlanSettings;
  /** A program on the PATH. */
  tool(name: string, script: string): Promise<void>;
  /** A component that runs `scan` and hands over what it wrote to $REPORT. */
  component(
    name: string,
    options?: {
      scan?: string;
      tool?: string;
      install?: string;
      annotations?: string;
      submit?: boolean;
      isIsolated?: boolean;
    },
  ): Promise<Component>;
  /** What was handed over, by task: the report's text, why it is partial ("" when it is not) and the arguments. */
  submitted(): Promise<
    Record<string, { report: string; partial: string; args: string[]; env: Record<string, string> }>
  >;
  /** Workspaces of tasks that are still there. */
  leftovers(): Promise<string[]>;
}

export async function tinyWorld(): Promise<TinyWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'executor-')));
  const [bin, home, source, components, outbox] = ['bin', 'home', 'source', 'components', 'outbox'].map((name) =>
    join(root, name),
  ) as [string, string, string, string, string];
  for (const folder of [bin, home, source, components, outbox]) await mkdir(folder);
  await writeFile(join(source, 'index.js'), 'console.log(1);\n');
  const cli = join(root, 'assay.mjs');
  await writeFile(cli, fakeCli(outbox));
  const places = { home, path: [bin, '/usr/local/bin', '/usr/bin', '/bin'] };
  const blobs = await openBlobs(`file:${join(root, 'blobs')}`);
  return {
    root,
    home,
    source,
    components,
    cli,
    places,
    plan: {
      roots: [root],
      components,
      pipelines: join(root, 'pipelines'),
      gatewayUrl: 'http://127.0.0.1:7077',
      places,
      blobs,
    },
    tool: (name, script) => writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }),
    async component(
      name,
      { scan = `${name} >"$REPORT"`, tool = name, submit = true, isIsolated = false, ...rest } = {},
    ) {
      await mkdir(join(components, name), { recursive: true });
      const file = join(components, name, 'task.yaml');
      const { install = `pypi:${tool}==1.0.0`, annotations = '' } = rest;
      await writeFile(
        file,
        taskYaml(name, scan, `    assay.dev/tool: ${tool}\n    assay.dev/install: ${install}\n${annotations}`, {
          submit,
          isIsolated,
        }),
      );
      return loadComponent(file);
    },
    async submitted() {
      const names = await readdir(outbox);
      const read = async (name: string) => [name, JSON.parse(await readFile(join(outbox, name), 'utf8'))] as const;
      return Object.fromEntries(await Promise.all(names.map(read)));
    },
    leftovers: () => readdir(join(home, 'run/tasks')).catch(() => []),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Everything a backend says, to its end. */
export async function collect(updates: AsyncIterable<TaskUpdate>): Promise<TaskUpdate[]> {
  const all: TaskUpdate[] = [];
  for await (const update of updates) all.push(update);
  return all;
}

/** How each task ended, in the order they did. */
export function endsOf(updates: readonly TaskUpdate[]): { task: string; end: TaskEnd }[] {
  return updates.flatMap((update) => (update.kind === 'finished' ? [update] : []));
}

/** Waits for something to become true; the spec's own time limit is the bound. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until a process has ended. One that nobody has asked for its exit code yet (a zombie) has. */
export async function untilGone(pid: number): Promise<void> {
  await until(async () => {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (/\) Z /.test(state)) return true;
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}

function taskYaml(
  name: string,
  scan: string,
  annotations: string,
  { submit, isIsolated }: { submit: boolean; isIsolated: boolean },
): string {
  const lines = scan.split('\n').map((line) => `        ${line}`);
  return `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: ${name}
  labels:
    v1.dracon.ocurity.com/component: producer
  annotations:
${annotations}
spec:
  params:
    - name: target
    - name: steps
      type: array
      default: []
    - name: depth
      default: '1'
  workspaces:
    - name: source
    - name: output
    - name: config
    - name: credentials
  results:
${submit ? '    - name: report' : '    []'}
  steps:
    - name: scan
      image: ${name}:1
      workingDir: $(workspaces.source.path)
      env:
        - name: REPORT
          value: $(workspaces.output.path)/report
        - name: DEPTH
          value: $(params.depth)
      script: |
        #!/bin/sh
${lines.join('\n')}
${
  submit
    ? `    - name: submit
      image: assay/cli:1
${isIsolated ? '      workspaces:\n        - name: credentials\n' : ''}      workingDir: $(workspaces.output.path)
      args: ['$(params.steps[*])']
      env:
        - name: ASSAY_TOKEN_FILE
          value: $(workspaces.credentials.path)/token
        - name: RESULT
          value: $(results.report.path)
      script: |
        #!/bin/sh
        exec assay --task=${name} "$@" report >"$RESULT"`
    : ''
}
`;
}

function fakeCli(outbox: string): string {
  return `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const args = process.argv.slice(2);
const task = args.find((word) => word.startsWith('--task=')).slice(7);
const report = readFileSync(args.at(-1), 'utf8');
if (report === '') throw new Error('the report is empty');
const note = args.at(-1) + '.partial.txt';
const partial = existsSync(note) ? readFileSync(note, 'utf8') : '';
writeFileSync(${JSON.stringify(`${outbox}/`)} + task, JSON.stringify({ report, partial, args, env: process.env }));
console.log('report-of-' + task);
`;
}

// The source components and scanners' steps as a real Tekton runs them: another user, a volume, a source that nobody may
// write to. Only the submit step is another one, as no platform is needed for this.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { connectKube, type Kube, type KubeObject } from '@assay/kube';
import { type Component, composePipeline, configFilesOf, loadComponent, parseComponent } from '@assay/pipeline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type GitServer, gitServer } from './testing/git-server.ts';

const services = join(import.meta.dirname, '../../..');
const pipelineRunKind = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' };
const taskRunKind = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun' };
/** Pods wait for images and for each other. Milliseconds. */
const runMs = 10 * 60_000;

const files = {
  'app.py': 'import subprocess\nsubprocess.call("ls " + input(), shell=True)\n',
  'stock/go.mod': 'module example.org/stock\n\ngo 1.22\n',
  'stock/main.go': 'package main\n\nimport "crypto/md5"\n\nfunc main() { println(md5.New().Size()) }\n',
  'web/app.js': 'export const run = (text) => eval(text);\n',
  'deploy.env': `AWS_SECRET_ACCESS_KEY="${['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('/')}"\nGITHUB_TOKEN=ghp_${'16C7e42F292c6912E7710c838347Ae178B4a'}\n`,
};

let kube: Kube;
let server: GitServer;
let commit: string;
const namespace = `sources-${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  const host = process.env['ASSAY_TEST_HOST'] ?? process.env['CLUSTER_REGISTRY']?.split(':')[0];
  if (!process.env['KUBECONFIG'] || !host) {
    throw new Error(
      'KUBECONFIG must name a cluster, and ASSAY_TEST_HOST an address of this machine that its pods reach.',
    );
  }
  kube = await connectKube({ namespace });
  await kube.ping();
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  server = await gitServer({ host });
  await server.commit({ 'app.py': 'pass\n' });
  commit = await server.commit(files, { branch: 'feature/two' });
}, runMs);

afterAll(async () => {
  await kube?.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  await server?.[Symbol.asyncDispose]();
});

describe('a pipeline of a source and scanners', () => {
  it(
    'clones, runs what has something to scan, and shows the token to the submit step only',
    async () => {
      const scanners = await Promise.all(
        ['bandit', 'eslint', 'gitleaks', 'gosec', 'shellcheck'].map(scannerWithoutPlatform),
      );
      const [base, git] = await Promise.all(['base', 'git'].map(ofOurs));
      if (!base || !git) throw new Error('no sources');
      const params = { 'source-url': `${server.url}/shop.git`, revision: 'feature/two', 'base-tags': 'one,two' };
      const run = await runPipeline('whole', [base, git, ...scanners], params);

      expect(run.condition).toEqual({ status: 'True', reason: 'Completed', message: expect.anything() });
      expect(run.skipped).toEqual(['shellcheck']);
      expect(run.results['base']).toEqual({
        run: 'run-1',
        started: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        tags: 'one,two',
      });
      expect(run.results['git']).toEqual({ commit, applies: ['bandit', 'eslint', 'gosec'] });
      expect(await findings('bandit', (it) => [it['test_id'], it['filename']])).toEqual([
        ['B404', './app.py'],
        ['B602', './app.py'],
      ]);
      expect(await findings('eslint', (it) => it['ruleId'])).toEqual(['security/detect-eval-with-expression']);
      expect(await findings('gitleaks', (it) => [it['RuleID'], it['File']])).toContainEqual([
        'github-pat',
        'deploy.env',
      ]);

      expect((await findings('gosec', (it) => it['rule_id'])).sort()).toEqual(['G401', 'G501']);

      async function findings<T>(task: string, pick: (finding: Record<string, unknown>) => T): Promise<T[]> {
        return findingsOf(task, await logOf(run.pods[task] ?? '', 'step-submit')).map(pick);
      }
    },
    runMs,
  );

  it(
    'ends with a sentence when there is nothing to clone',
    async () => {
      const git = await ofOurs('git');
      const params = { 'source-url': `${server.url}/other.git`, revision: '' };
      const run = await runPipeline('absent', [git], params);
      expect(run.condition).toMatchObject({ status: 'False', reason: 'Failed' });
      const log = await logOf(run.pods['git'] ?? '', 'step-clone');
      expect(log).toContain(`there is no git repository at ${server.url}/other.git`);
    },
    runMs,
  );
});

function ofOurs(name: string): Promise<Component> {
  return loadComponent(join(services, 'executor/components', name, 'task.yaml'));
}

const taskShape = z.looseObject({ spec: z.looseObject({ steps: z.array(z.looseObject({ script: z.string() })) }) });

/** The scanner's own scan step, which first says what it must not be able to; and a submit step that shows the report. */
async function scannerWithoutPlatform(name: string): Promise<Component> {
  const { file, task } = await loadComponent(join(services, 'producer/src/adapters', name, 'task.yaml'));
  const copy = taskShape.parse(parse(stringify(task)));
  const [scan, submit] = copy.spec.steps;
  if (!scan || !submit) throw new Error(`${name} has no steps`);
  const checks = [
    '[ "$(id -u)" = 65532 ] || { echo "this is user $(id -u)" >&2; exit 91; }',
    '[ ! -e /workspace/credentials/token ] || { echo "the scanner sees the credentials" >&2; exit 92; }',
    'if touch ./written 2>/dev/null; then echo "the source can be written" >&2; exit 93; fi',
  ];
  scan.script = scan.script.replace('#!/bin/sh\n', `#!/bin/sh\n${checks.join('\n')}\n`);
  submit.script = [
    '#!/bin/sh',
    '[ "$(cat "$ASSAY_TOKEN_FILE")" = the-token ] || { echo "no token" >&2; exit 94; }',
    'printf report-1 >"$RESULT"',
    'cat report.*',
    '',
  ].join('\n');
  return parseComponent(stringify(copy), file);
}

interface Ended {
  condition: unknown;
  skipped: string[];
  /** Of each task. */
  results: Record<string, Record<string, unknown>>;
  pods: Record<string, string>;
}

const statusShape = z.looseObject({
  conditions: z.array(z.looseObject({ status: z.string(), reason: z.string(), message: z.string() })).default([]),
  skippedTasks: z.array(z.looseObject({ name: z.string() })).default([]),
  results: z.array(z.looseObject({ name: z.string(), value: z.unknown() })).default([]),
  podName: z.string().default(''),
});

async function runPipeline(
  name: string,
  components: readonly Component[],
  values: Readonly<Record<string, string>>,
): Promise<Ended> {
  const pipeline = composePipeline({ name, components }, { tasks: 'inline' });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-token`, namespace } };
  await kube.create({ ...secret, stringData: { token: 'the-token' } });
  for (const component of components) {
    const data = await configFilesOf(component);
    const metadata = { name: `${name}-${component.name}`, namespace };
    await kube.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  }
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } };
  const bindings: Readonly<Record<string, object>> = {
    source: { volumeClaimTemplate: { spec: claim } },
    output: { emptyDir: {} },
    credentials: { secret: { secretName: `${name}-token` } },
    ...Object.fromEntries(
      components.map((component) => [`${component.name}-config`, { configMap: { name: `${name}-${component.name}` } }]),
    ),
  };
  const given: Readonly<Record<string, unknown>> = {
    target: 'shop',
    'target-kind': 'repository',
    run: 'run-1',
    steps: [],
    gateway: 'http://127.0.0.1:9',
    ...values,
  };
  await kube.create({
    ...pipelineRunKind,
    metadata: { name, namespace },
    spec: {
      pipelineSpec: pipeline.spec,
      params: pipeline.spec.params.flatMap((param) => {
        const value = given[param.name];
        return value === undefined ? [] : [{ name: param.name, value }];
      }),
      workspaces: pipeline.spec.workspaces.flatMap((workspace) => {
        const binding = bindings[workspace.name];
        return binding ? [{ name: workspace.name, ...binding }] : [];
      }),
      timeouts: { pipeline: `${runMs / 1000 - 30}s` },
      taskRunTemplate: {
        podTemplate: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
        },
      },
    },
  });
  const ended = statusShape.parse(await endOf(name));
  const tasks = await kube.list(taskRunKind, { namespace, labels: `tekton.dev/pipelineRun=${name}` });
  const statuses = tasks.map((task) => [taskOf(task), statusShape.parse(task['status'])] as const);
  return {
    condition: ended.conditions.map(({ status, reason, message }) => ({ status, reason, message }))[0],
    skipped: ended.skippedTasks.map((task) => task.name),
    results: Object.fromEntries(
      statuses.map(([task, { results }]) => [task, Object.fromEntries(results.map((it) => [it.name, it.value]))]),
    ),
    pods: Object.fromEntries(statuses.map(([task, { podName }]) => [task, podName])),
  };
}

function taskOf({ metadata }: KubeObject): string {
  return metadata.labels?.['tekton.dev/pipelineTask'] ?? '';
}

/** The status of a PipelineRun that has ended. */
async function endOf(name: string): Promise<unknown> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(runMs)]);
  try {
    for await (const event of kube.watch(pipelineRunKind, { namespace, fields: `metadata.name=${name}`, signal })) {
      if (event.type !== 'applied') continue;
      const status = statusShape.safeParse(event.object['status']);
      if (status.data?.conditions.some((condition) => condition.status !== 'Unknown')) return event.object['status'];
    }
  } finally {
    done.abort();
  }
  throw new Error(`${name} did not end`);
}

async function logOf(pod: string, container: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of kube.logs({ namespace, pod, container })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const records = z.array(z.record(z.string(), z.unknown()));

function findingsOf(task: string, report: string): Record<string, unknown>[] {
  const value: unknown = JSON.parse(report);
  if (task === 'bandit') return z.looseObject({ results: records }).parse(value).results;
  if (task === 'gosec') return z.looseObject({ Issues: records }).parse(value).Issues;
  if (task === 'gitleaks') return records.parse(value);
  return z
    .array(z.looseObject({ messages: records }))
    .parse(value)
    .flatMap(({ messages }) => messages);
}

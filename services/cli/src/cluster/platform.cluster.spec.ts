// The whole platform on a real cluster: deployed by kustomize, then from the chart; the example project scanned by real
// tools in real containers, with the findings that a scan on this machine has.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../testing/run-cli.ts';
import {
  apply,
  Deployed,
  eventually,
  kubectl,
  needCluster,
  needRoom,
  program,
  removeEverything,
  root,
  untilReady,
} from './deployed.suite.ts';
import { essenceOf, type Scanned } from './scanned.suite.ts';

const tools = 'eslint,secretlint,npm-sbom';
const scan = ['scan', 'examples/shop', '--only', tools, '--target', 'shop'];
const onTheCluster = [...scan, '--upload'];

let home: string;
let deployed: Deployed;
let here: Scanned;
/** Nobody else's platform is where ours goes. */
let isOurs = false;
beforeAll(async () => {
  await needCluster();
  await needRoom();
  isOurs = true;
  home = await mkdtemp(join(tmpdir(), 'assay-here-'));
  const env = { ...process.env, ASSAY_HOME: home, ASSAY_GATEWAY_PORT: '0', ASSAY_NATS_PORT: '0' };
  const ran = await runCli([...scan, '-o', 'json'], { cwd: root, env });
  if (ran.code !== 0) throw new Error(`the scan on this machine ended with ${ran.code}: ${ran.err}`);
  here = JSON.parse(ran.out) as Scanned;
}, 600_000);
afterAll(async () => {
  await deployed?.stop();
  if (isOurs) await removeEverything();
  if (home) await rm(home, { recursive: true, force: true });
}, 600_000);

describe('deployed by kubectl apply -k', () => {
  beforeAll(async () => {
    await kubectl('apply', '-k', 'deploy/kustomize/overlays/small');
    await untilReady();
    deployed = await Deployed.reach();
  }, 600_000);

  it('finds in real containers what a scan on this machine finds, and every count adds up', async () => {
    await apply(`apiVersion: assay.dev/v1alpha1
kind: Sink
metadata: { name: lines, namespace: assay }
spec:
  type: file
  subject: assay.finding.changed.>
  config: { path: lines.jsonl }
`);
    const there = await deployed.json<Scanned>(onTheCluster);
    expect(essenceOf(there)).toEqual(essenceOf(here));
    expect(there.findings.length).toBeGreaterThan(5);
    expect(there.run.transitions).toEqual({ opened: there.findings.length });
    // Logs are kept of every step that ran.
    const logs = await deployed.assay(['runs', 'logs', there.run.runId]);
    expect([logs.code, logs.err]).toEqual([0, '']);
    const task = there.run.tasks.find((each) => each.task === 'eslint');
    expect(task?.logs?.map(({ step }) => step)).toEqual(['scan', 'submit']);
    // Delivered once each, to a sink that was declared on the cluster.
    const delivered = await eventually(async () => {
      const lines = await kubectl(
        '-n',
        'assay',
        'exec',
        'deployment/consumer',
        '--',
        'cat',
        '/home/assay/sinks/lines.jsonl',
      ).catch(() => '');
      const items = lines.split('\n').filter(Boolean);
      return items.length >= there.findings.length ? items : undefined;
    });
    expect(delivered).toHaveLength(there.findings.length);
  }, 600_000);

  it('knows them again the second time', async () => {
    const there = await deployed.json<Scanned>(onTheCluster);
    expect(there.run.transitions).toEqual({ recurred: there.findings.length });
    expect(there.addsUp).toBe(true);
  }, 300_000);

  it('loses nothing when the executor is killed in mid-run', async () => {
    const scanning = deployed.json<Scanned>(onTheCluster);
    await eventually(async () => {
      const running = await kubectl(
        '-n',
        'assay-runs',
        'get',
        'taskruns',
        '-o',
        'jsonpath={.items[*].status.conditions[0].reason}',
      );
      return running.includes('Running') || running.includes('Pending') ? true : undefined;
    });
    await kubectl(
      '-n',
      'assay',
      'delete',
      'pod',
      '-l',
      'app.kubernetes.io/name=executor',
      '--grace-period=0',
      '--force',
      '--wait=false',
    );
    const there = await scanning;
    expect(there.run.transitions).toEqual({ recurred: there.findings.length });
    expect(essenceOf(there)).toEqual(essenceOf(here));
  }, 600_000);

  it('runs a pipeline of somebody’s own: Dracon’s component, and a program that enriches', async () => {
    const folders = ['services/producer/src/adapters', 'services/executor/components', 'examples/components'];
    const inImage = folders.map((folder) => `/app/${folder}`).join(':');
    await kubectl('-n', 'assay', 'set', 'env', 'deployment/executor', `ASSAY_EXECUTOR_COMPONENTS=${inImage}`);
    await kubectl('-n', 'assay', 'rollout', 'status', 'deployment/executor', '--timeout=300s');
    const env = { ASSAY_EXECUTOR_COMPONENTS: folders.join(':') };
    const source = join(home, 'todo');
    await mkdir(source);
    await writeFile(join(source, 'a.js'), '// TODO: mend this\n// FIXME later\n');
    const words = ['pipeline', 'run', 'examples/pipelines/dracon-style', '--source', source, '--upload'];
    const there = await deployed.json<Scanned>(words, { env });
    expect(there.run.tasks.map(({ task, outcome }) => `${task} ${outcome}`).sort()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^dracon-enricher.* OUTCOME_SUCCEEDED$/),
        expect.stringMatching(/^producer-todo.* OUTCOME_SUCCEEDED$/),
      ]),
    );
    expect(there.findings).toHaveLength(2);
    expect(there.addsUp).toBe(true);
    for (const finding of there.findings) expect(Object.keys(finding.annotations ?? {}).length).toBeGreaterThan(0);
  }, 600_000);

  it.each<[string, Record<string, string>, string[]]>([
    ['javascript', { 'a.js': 'eval(name);\n' }, ['eslint', 'secretlint']],
    ['python', { 'a.py': 'import subprocess\nsubprocess.call("ls", shell=True)\n' }, ['bandit', 'detect-secrets']],
  ])(
    'runs the example pipeline %s, the scanners that have something to scan',
    async (name, files, scanners) => {
      const source = join(home, name);
      await mkdir(source);
      for (const [path, text] of Object.entries(files)) await writeFile(join(source, path), text);
      const words = ['pipeline', 'run', `examples/pipelines/${name}`, '--source', source, '--upload', '--target', name];
      const there = await deployed.json<Scanned>(words);
      const { tasks } = there.run;
      expect(tasks.filter(({ outcome }) => !/SUCCEEDED|SKIPPED/.test(outcome))).toEqual([]);
      const ran = tasks.filter(({ outcome }) => outcome === 'OUTCOME_SUCCEEDED').map(({ task }) => task);
      expect(ran).toEqual(expect.arrayContaining(scanners));
      expect(there.addsUp).toBe(true);
      expect(there.findings.length).toBeGreaterThan(0);
    },
    600_000,
  );

  it('shows a Scan that was applied, with its findings by severity', async () => {
    await apply(`apiVersion: assay.dev/v1alpha1
kind: Scan
metadata: { name: broken, namespace: assay }
spec:
  target: { name: nowhere }
  source: { url: "http://127.0.0.1:9/nowhere.git" }
`);
    const phase = await eventually(async () => {
      const said = await kubectl('-n', 'assay', 'get', 'scan', 'broken', '-o', 'jsonpath={.status.phase}');
      return ['Complete', 'Partial', 'Incomplete', 'Failed'].includes(said) ? said : undefined;
    });
    // What could not be fetched is no success.
    expect(phase).not.toBe('Complete');
    expect(await kubectl('-n', 'assay', 'get', 'scans')).toMatch(/NAME\s+.*PHASE.*\n.*broken.*nowhere/is);
  }, 300_000);

  it('gives the pods of runs no rights, and people none over them', async () => {
    const may = (...args: string[]) =>
      kubectl('auth', 'can-i', ...args).then(
        (said) => said.trim(),
        () => 'no',
      );
    const runner = '--as=system:serviceaccount:assay-runs:assay-run';
    for (const [verb, what] of [
      ['get', 'secrets'],
      ['list', 'pods'],
      ['create', 'pipelineruns.tekton.dev'],
      ['get', 'configmaps'],
    ])
      expect(await may(String(verb), String(what), '-n', 'assay-runs', runner)).toBe('no');
    const executor = '--as=system:serviceaccount:assay:assay-executor';
    expect(await may('create', 'pipelineruns.tekton.dev', '-n', 'assay-runs', executor)).toBe('yes');
    expect(await may('get', 'secrets', '-n', 'assay-runs', executor)).toBe('no');
    expect(await may('get', 'secrets', '-n', 'assay', executor)).toBe('no');
  }, 120_000);

  it('takes no run made by hand, though the maker may do everything', async () => {
    const byHand = apply(`apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { name: by-hand, namespace: assay-runs }
spec: { pipelineSpec: { tasks: [{ name: t, taskSpec: { steps: [{ image: busybox, command: ["true"] }] } }] } }
`);
    await expect(byHand).rejects.toThrow(/denied|forbidden/i);
  }, 60_000);
});

describe('deployed from the chart', () => {
  beforeAll(async () => {
    await deployed?.stop();
    await removeEverything();
    // Definitions are not Helm's to change; those of before are there already.
    await program(process.env['ASSAY_TEST_HELM'] || 'helm', [
      'upgrade',
      '--install',
      'assay',
      'deploy/helm/assay',
      '--namespace',
      'assay',
      '--create-namespace',
      '--set',
      'ferretdb.enabled=true',
    ]);
    await untilReady();
    deployed = await Deployed.reach();
  }, 600_000);

  it('finds the same', async () => {
    const there = await deployed.json<Scanned>(onTheCluster);
    expect(essenceOf(there)).toEqual(essenceOf(here));
  }, 600_000);
});

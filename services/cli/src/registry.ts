// Every command, each in a file of its own that is loaded when it is asked for: `assay report submit` runs once per
// scan task and must not pay for the others. A spec compares this list with the folder.
import type { Define } from './command.ts';

export interface Entry {
  name: string;
  /** One line, as the overview shows it. */
  summary: string;
  group: string;
  load: () => Promise<{ define: Define }>;
}

const scan = 'Scan and see:';
const move = 'Move things in and out:';
const look = 'Look after it:';
const inside = 'Inside a pipeline’s tasks:';

export const registry: readonly Entry[] = [
  {
    name: 'start',
    group: scan,
    summary: 'start the platform, scan the example project and go on serving',
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'up',
    group: scan,
    summary: 'start the platform: every service in one process',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'scan',
    group: scan,
    summary: 'scan a folder with every tool that can and show the findings',
    load: () => import('./commands/scan.ts'),
  },
  {
    name: 'run',
    group: scan,
    summary: 'run a pipeline folder (kustomization.yaml and pipelinerun.yaml)',
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'runs',
    group: scan,
    summary: 'list runs, show one with its tally',
    load: () => import('./commands/runs.ts'),
  },
  {
    name: 'pipeline',
    group: scan,
    summary: 'compose, check, deploy and run pipelines',
    load: () => import('./commands/pipeline.ts'),
  },
  { name: 'finding', group: scan, summary: 'list and show findings', load: () => import('./commands/finding.ts') },
  {
    name: 'report',
    group: move,
    summary: 'submit a tool’s report, or parse one without a platform',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'blob',
    group: move,
    summary: 'store a file for an enrichment step',
    load: () => import('./commands/blob.ts'),
  },
  {
    name: 'run-findings',
    group: move,
    summary: 'a run’s findings for a program in one of its tasks, and back',
    load: () => import('./commands/run-findings.ts'),
  },
  { name: 'event', group: move, summary: 'publish and follow events', load: () => import('./commands/event.ts') },
  {
    name: 'sink',
    group: move,
    summary: 'say where findings and events are delivered to',
    load: () => import('./commands/sink.ts'),
  },
  {
    name: 'dead',
    group: look,
    summary: 'look after events that nobody could handle',
    load: () => import('./commands/dead.ts'),
  },
  {
    name: 'component',
    group: look,
    summary: 'list, begin, check and package components of pipelines',
    load: () => import('./commands/component.ts'),
  },
  { name: 'tools', group: look, summary: 'list scanners, install them', load: () => import('./commands/tools.ts') },
  {
    name: 'config',
    group: look,
    summary: 'every setting: its name, default, meaning and value now',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'env',
    group: look,
    summary: 'print the variables that reach a running platform',
    load: () => import('./commands/env.ts'),
  },
  {
    name: 'doctor',
    group: look,
    summary: 'check everything Assay needs and say how to repair it',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'explain',
    group: look,
    summary: 'show why Assay decides as it does',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'completion',
    group: look,
    summary: 'print the completion script of a shell',
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'setup',
    group: look,
    summary: 'prepare a Kubernetes namespace and its nats-server for the services',
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'version',
    group: look,
    summary: 'print the versions of Assay and Node',
    load: () => import('./commands/version.ts'),
  },
  {
    name: 'source',
    group: inside,
    summary: 'put what is scanned into a task’s workspace',
    load: () => import('./commands/source.ts'),
  },
];

// Where the time goes: the same work stage by stage, each service alone with nats-server, on what the one before it
// left in the streams. End to end the stages share the processors, and their processor times add up.
import { type Bus, streamOf } from '@assay/bus';
import { type Deployment, deploy } from '@assay/testing';
import { addSink, benchEnv, submitReport, untilLines } from './end-to-end.ts';
import { cpuBetween, usageOf } from './usage.ts';

export interface StageFigures {
  stage: string;
  /** Until it has taken everything. */
  seconds: number;
  /** Processor time of the stage, and of nats-server for it. Seconds. */
  cpu: number;
  natsCpu: number;
}

/** As libs/runtime names it. */
const enricherDurable = 'enricher-finding-reported';

interface Until {
  bus: Bus;
  file: string;
  findings: number;
}

/** In order, each with what says that it is through. */
const stages: readonly { stage: string; ends: (until: Until) => Promise<void> }[] = [
  { stage: 'producer', ends: ({ bus }) => untilEvent(bus, 'assay.report.parsed.>') },
  { stage: 'enricher', ends: ({ bus }) => untilTaken(bus) },
  { stage: 'ledger', ends: ({ bus }) => untilEvent(bus, 'assay.run.assessed.>') },
  { stage: 'consumer', ends: ({ file, findings }) => untilLines(file, 0, findings) },
];

/** Of a report of that many findings, all new. Every service is started; all but the one at work are stopped. */
export async function measureStages(work: {
  report: string;
  format: string;
  findings: number;
}): Promise<StageFigures[]> {
  const deployment = await deploy({ syncAlways: true, env: benchEnv() });
  const signal = (stage: string, name: NodeJS.Signals) => {
    for (const service of deployment.services) if (service.name === stage) process.kill(service.pid, name);
  };
  try {
    const bus = await deployment.nats.connect();
    const file = await addSink(deployment);
    for (const { stage } of stages) signal(stage, 'SIGSTOP');
    const figures = [
      await measured(deployment, 'gateway', () => submitReport(deployment, { ...work, target: 'shop' })),
    ];
    for (const { stage, ends } of stages) {
      signal(stage, 'SIGCONT');
      const until = { bus, file, findings: work.findings };
      figures.push(await measured(deployment, stage, () => ends(until)));
      signal(stage, 'SIGSTOP');
    }
    return figures;
  } finally {
    for (const { stage } of stages) signal(stage, 'SIGCONT');
    await deployment.stop();
  }
}

async function measured(deployment: Deployment, stage: string, work: () => Promise<void>): Promise<StageFigures> {
  const before = await usageOf(deployment);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuBetween(before, await usageOf(deployment));
  return { stage, seconds, cpu: cpu[stage] ?? 0, natsCpu: cpu['nats-server'] ?? 0 };
}

async function untilEvent(bus: Bus, filter: string): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  for await (const _ of bus.tail([filter], { start: 'all', signal })) return;
}

async function untilTaken(bus: Bus): Promise<void> {
  for (;;) {
    const state = await bus.consumerState(streamOf('finding'), enricherDurable);
    if (state && state.pending + state.unacked === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

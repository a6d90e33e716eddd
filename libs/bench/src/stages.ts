// Where the time goes: the same work stage by stage, each service alone with nats-server, on what the one before it
// left in the streams. End to end the stages share the processors, and their processor times add up.
import { type Bus, streamOf } from '@assay/bus';
import { type Deployment, deploy } from '@assay/testing';
import { addSink, benchEnv, submitReport, untilLines } from './end-to-end.ts';
import { cpuBetween, usageOf } from './usage.ts';

export interface StageFigures {
  stage: string;
  /** From when the service is ready until it has taken everything. */
  seconds: number;
  /** Processor time of the stage, and of nats-server for it. Seconds. */
  cpu: number;
  natsCpu: number;
}

/** As libs/runtime names it. */
const enricherDurable = 'enricher-finding-reported';

/** The event that a stage ends a report with; the enricher has none, and is done when it has taken everything. */
const stages = [
  { stage: 'producer', ends: 'assay.report.parsed.>' },
  { stage: 'enricher', ends: undefined },
  { stage: 'ledger', ends: 'assay.run.assessed.>' },
] as const;

/** Of a report of that many findings, all new. */
export async function measureStages(work: {
  report: string;
  format: string;
  findings: number;
}): Promise<StageFigures[]> {
  const deployment = await deploy({ services: ['gateway'], syncAlways: true, env: benchEnv() });
  try {
    const upload = await measured(deployment, 'gateway', () => submitReport(deployment, { ...work, target: 'shop' }));
    const figures = [upload];
    const bus = await deployment.nats.connect();
    for (const { stage, ends } of stages) {
      await deployment.start(stage);
      figures.push(await measured(deployment, stage, () => (ends ? untilEvent(bus, ends) : untilTaken(bus))));
    }
    await deployment.start('consumer');
    const file = await addSink(deployment);
    figures.push(await measured(deployment, 'consumer', () => untilLines(file, 0, work.findings)));
    return figures;
  } finally {
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

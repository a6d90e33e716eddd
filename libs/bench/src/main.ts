// npm run bench: measures, prints, and keeps the figures in results/latest.json as [{name, value, unit, baseline, ratio}].
//
//     npm run bench                                    everything
//     npm run bench -- gosec:100000 stages             some of it
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeGosecReport } from '@assay/testing';
import { measureTransport } from './baseline.ts';
import { addSink, type EndToEnd, measureEndToEnd, withDeployment } from './end-to-end.ts';
import { Figures } from './figures.ts';
import { measureLatency } from './latency.ts';
import { writeCyclonedxReport, writeSarifReport } from './other-reports.ts';
import { withFigures } from './render-figures.ts';
import { measureStages } from './stages.ts';

/** Writes a report with that many records; resolves with its bytes. */
const reports: Readonly<Record<string, (file: string, records: number) => Promise<number>>> = {
  gosec: writeGosecReport,
  sarif: writeSarifReport,
  cyclonedx: writeCyclonedxReport,
};

/** Findings of a report: a BOM's components are findings too, one for ten vulnerabilities. */
const findingsOf = (format: string, records: number) =>
  format === 'cyclonedx' ? records + Math.ceil(records / 10) : records;

const everything = [
  'gosec:10000',
  'gosec:100000',
  'gosec:1000000',
  'sarif:100000',
  'cyclonedx:100000',
  'stages',
  'latency',
];
/** Messages of the baseline, and their size: what a batch of findings is, compressed or not. */
const baseline = { messages: 1000, bytes: 64 * 1024 };
/** The goal for the memory of a service. MB. */
const memoryGoal = 200;
/** The goal for one finding from its publish to the sink. Milliseconds. */
const latencyGoal = 25;

async function reported<T>(name: string, use: (report: Report) => Promise<T>): Promise<T> {
  const [format = '', count = ''] = name.split(':');
  const write = reports[format];
  const records = Number(count);
  if (!write || !Number.isInteger(records) || records < 1) {
    throw new Error(`"${name}" is nothing to measure: ${everything.join(', ')}, or a format and a number`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    const report = join(folder, 'report');
    const bytes = await write(report, records);
    return await use({ report, format, findings: findingsOf(format, records), bytes });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Report {
  report: string;
  format: string;
  findings: number;
  bytes: number;
}

/** A report twice: every finding is new, then every finding is known. */
async function benchReport(name: string, figures: Figures): Promise<void> {
  await reported(name, async ({ bytes, ...report }) => {
    figures.begin(name, `${report.findings} findings, ${(bytes / 1e6).toFixed(1)} MB`);
    await withDeployment(async (deployment) => {
      const bus = await deployment.nats.connect();
      const transport = await measureTransport({ bus, url: deployment.nats.url }, baseline.messages, baseline.bytes);
      const rate = transport.raw / 1e6;
      figures.add('JetStream alone, 64 KiB messages', rate, 'MB/s', rate);
      figures.add('the same over libs/bus', transport.ours / 1e6, 'MB/s', rate);
      // What JetStream alone would take if the report's bytes crossed it three times, as its findings do.
      const floor = (3 * bytes) / 1e6 / rate;
      const work = { ...report, target: 'shop', file: await addSink(deployment) };
      const first = await measureEndToEnd(deployment, { ...work, delivered: 0 });
      addRun('new', first, floor, figures);
      const again = await measureEndToEnd(deployment, { ...work, delivered: report.findings });
      addRun('recurring', again, floor, figures);
      for (const [process, { memory }] of Object.entries(again.usage))
        figures.add(`peak memory of ${process}`, memory / 1e6, 'MB', memoryGoal);
    });
  });
}

function addRun(what: string, { findings, seconds, cpu }: EndToEnd, floor: number, figures: Figures): void {
  const total = Object.values(cpu).reduce((sum, each) => sum + each, 0);
  figures.add(`${what}: end to end`, seconds, 's', floor);
  figures.add(`${what}: end to end`, findings / seconds, 'findings/s', findings / floor);
  figures.add(`${what}: processor time of all`, total, 's', floor);
  figures.add(`${what}: processor time of a finding`, (total / findings) * 1e6, 'µs', (floor / findings) * 1e6);
  for (const [process, each] of Object.entries(cpu))
    figures.add(`${what}: processor time of ${process}`, each, 's', total);
}

async function benchStages(figures: Figures): Promise<void> {
  await reported('gosec:100000', async (report) => {
    figures.begin('stages', `${report.findings} findings, each stage alone`);
    const stages = await measureStages(report);
    const total = stages.reduce((sum, { cpu, natsCpu }) => sum + cpu + natsCpu, 0);
    for (const { stage, seconds, cpu, natsCpu } of stages) {
      figures.add(`${stage}: time`, seconds, 's', total);
      figures.add(`${stage}: processor time`, cpu, 's', total);
      figures.add(`${stage}: processor time of nats-server`, natsCpu, 's', total);
    }
  });
}

async function benchLatency(figures: Figures): Promise<void> {
  figures.begin('latency', 'one finding at a time');
  await withDeployment(async (deployment) => {
    const bus = await deployment.nats.connect();
    const file = await addSink(deployment);
    // The first ones are compiled on the way.
    await measureLatency(bus, file, 20);
    const { p50, p99 } = await measureLatency(bus, file, 300);
    figures.add('publish to sink, p50', p50, 'ms', latencyGoal);
    figures.add('publish to sink, p99', p99, 'ms', latencyGoal);
  });
}

const wanted = process.argv.slice(2);
const figures = new Figures((line) => console.log(line));
for (const name of wanted.length > 0 ? wanted : everything) {
  if (name === 'stages') await benchStages(figures);
  else if (name === 'latency') await benchLatency(figures);
  else await benchReport(name, figures);
}
// Some of it is looked at, all of it is kept.
if (wanted.length === 0) {
  const [results, page] = ['../results/latest.json', '../../../docs/benchmarks.md'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  ) as [string, string];
  await writeFile(results, `${JSON.stringify(figures.all, null, 2)}\n`);
  await writeFile(page, withFigures(await readFile(page, 'utf8'), figures.all));
}

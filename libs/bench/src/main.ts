// npm run bench: measures, prints, and keeps the figures in results/latest.json as [{name, value, unit, baseline, ratio}].
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeGosecReport } from '@assay/testing';
import { measureTransport } from './baseline.ts';
import { addSink, type EndToEnd, measureEndToEnd, withDeployment } from './end-to-end.ts';
import { measureLatency } from './latency.ts';

interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The raw figure of the same run that it is read against. */
  baseline: number;
  ratio: number;
}

const findings = Number(process.argv[2] ?? 100_000);
const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const figures: Figure[] = [];
const note = (name: string, value: number, unit: string, baseline: number) => {
  const ratio = baseline ? value / baseline : 0;
  figures.push({ name, value, unit, baseline, ratio });
  console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(12)} ${unit.padEnd(11)} ratio ${ratio.toFixed(3)}`);
};

const noteCpu = (what: string, { cpu }: EndToEnd, floor: number) => {
  for (const [process, seconds] of Object.entries(cpu))
    note(`cpu of ${process}, ${what} findings`, seconds, 's', floor);
  note(
    `cpu of all, ${what} findings`,
    Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0),
    's',
    floor,
  );
};

try {
  const report = join(folder, 'gosec.json');
  const bytes = await writeGosecReport(report, findings);
  console.log(`${findings} findings, ${(bytes / 1e6).toFixed(1)} MB`);
  await withDeployment(async (deployment) => {
    const bus = await deployment.nats.connect();
    const raw = await measureTransport(bus, 2000, 64 * 1024);
    const rawRate = raw.bytes / raw.seconds / 1e6;
    note('JetStream alone, 64 KiB messages', rawRate, 'MB/s', rawRate);
    // What the same report would take if its bytes only crossed the bus three times, as they do.
    const floor = (3 * bytes) / 1e6 / rawRate;
    const file = await addSink(deployment);
    const first = await measureEndToEnd(deployment, {
      report,
      format: 'gosec',
      target: 'shop',
      findings,
      file,
      delivered: 0,
    });
    note('end to end, new findings', first.seconds, 's', floor);
    note('end to end, new findings', findings / first.seconds, 'findings/s', findings / floor);
    const again = await measureEndToEnd(deployment, {
      report,
      format: 'gosec',
      target: 'shop',
      findings,
      file,
      delivered: findings,
    });
    note('end to end, recurring findings', again.seconds, 's', floor);
    noteCpu('new', first, floor);
    noteCpu('recurring', again, floor);
    for (const [process, { memory }] of Object.entries(again.usage))
      note(`peak memory of ${process}`, memory / 1e6, 'MB', 200);
    const { p50, p99 } = await measureLatency(bus, file, 200);
    note('one finding, publish to sink, p50', p50, 'ms', 25);
    note('one finding, publish to sink, p99', p99, 'ms', 25);
  });
  const results = fileURLToPath(new URL('../results/latest.json', import.meta.url));
  await writeFile(results, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

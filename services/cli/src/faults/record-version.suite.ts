// Records what this version leaves behind, for the specs of those that come after: `node record-version.suite.ts 0002`, before
// the store gets its next migration or an event its next field. See recorded.suite.ts.

import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { Assessment, type RunAssessed } from '@assay/contracts';
import { randomFrom } from '@assay/testing';
import { until } from './journal.suite.ts';
import { type Report, sourceRoot, TargetModel } from './model.suite.ts';
import { ReportReader } from './produced.suite.ts';
import type { Recorded, RecordedReport } from './recorded.suite.ts';
import { Rig } from './rig.suite.ts';

const [version] = process.argv.slice(2);
if (!version) throw new Error('say which version: node record-version.suite.ts 0002');
const random = randomFrom(1);
const pool = Array.from({ length: 400 }, (_, index) => index);
const next = (model: TargetModel) =>
  model.report(
    pool.filter(() => random.next() < 0.8),
    random,
  );

const toRecord = (runId: string, { transitions, ...report }: Report): RecordedReport => ({
  ...report,
  runId,
  transitions: [...transitions],
});
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);

const rig = await Rig.start({ services: ['ledger', 'enricher', 'producer', 'gateway'] });
const stored = new TargetModel('stored');
const storedReports: RecordedReport[] = [];
for (let round = 0; round < 2; round++) {
  const report = next(stored);
  const query = new URLSearchParams({ format: 'gosec', target: stored.name, sourceRoot, step: 'annotate:team=web' });
  const { json } = await rig.insist('POST', `/api/v1/reports?${query}`, report.text, { prefer: 'respond-async' });
  const { runId } = json as { runId: string };
  await until('it is assessed', async () => {
    const run = await rig.read<{ assessed?: RunAssessed }>(`/api/v1/runs/${runId}`);
    return run?.assessed?.assessment === Assessment.COMPLETE ? true : undefined;
  });
  storedReports.push({ ...toRecord(runId, report), text: '' });
}
const copy = join(rig.deployment.home, 'copy.db');
const db = new DatabaseSync(join(rig.deployment.home, 'data/assay.db'));
db.exec(`VACUUM INTO '${copy}'`);
db.close();
await writeFile(fixture(`store-${version}.db.gz`), gzipSync(readFileSync(copy), { level: 9 }));
await rig.stop();
// The third is handed in by the spec.
const third = toRecord('', next(stored));

const reader = await ReportReader.start();
const told = new TargetModel('told');
const toldReports: RecordedReport[] = [];
for (let round = 0; round < 3; round++) {
  const runId = `recorded-${round}`;
  const report = next(told);
  const messages = await reader.read(told.name, runId, report, `event-${round}`);
  toldReports.push({
    ...toRecord(runId, report),
    text: '',
    messages: messages.map((message) => ({ ...message, payload: Buffer.from(message.payload).toString('base64') })),
  });
}
await reader.stop();
const recording: Recorded = {
  stored: { target: stored.name, states: [...stored.states], reports: [...storedReports, third] },
  told: { target: told.name, states: [...told.states], reports: toldReports },
};
await writeFile(fixture(`version-${version}.json.gz`), gzipSync(JSON.stringify(recording), { level: 9 }));

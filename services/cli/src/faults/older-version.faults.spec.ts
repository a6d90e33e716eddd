// A newer version is installed over an older one: it goes on with the store that it finds and with the events that are
// under way.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { TargetModel } from './model.suite.ts';
import { quiet } from './quiet.suite.ts';
import { messagesOf, recorded, recordedStore, reportOf } from './recorded.suite.ts';
import { Rig } from './rig.suite.ts';
import { expectNoDeadLetters, expectStored, expectWhole, type Sinks, startSinks, submit } from './scan.suite.ts';

describe.each(['0001'])('over version %s', (version) => {
  const { stored, told } = recorded(version);
  let rig: Rig;
  let sinks: Sinks;
  beforeAll(async () => {
    rig = await Rig.start({ services: [] });
    await mkdir(join(rig.deployment.home, 'data'), { mode: 0o700 });
    await writeFile(join(rig.deployment.home, 'data/assay.db'), recordedStore(version), { mode: 0o600 });
    for (const name of ['ledger', 'consumer', 'enricher', 'producer', 'gateway']) await rig.start(name);
    sinks = await startSinks(rig);
  }, 120_000);
  afterAll(async () => {
    await sinks?.receiver.away();
    await rig?.stop();
  });

  const modelOf = ({ target, states }: typeof stored): TargetModel => {
    const model = new TargetModel(target);
    for (const [id, state] of states) model.states.set(id, state);
    return model;
  };

  it('the third report of a target whose first two are in the store knows what they said', async () => {
    await rig.page('older store', async () => {
      const [third] = stored.reports.slice(-1).map(reportOf);
      if (!third) throw new Error('nothing was recorded');
      const runId = await submit(rig, stored.target, third);
      await expectWhole(rig, sinks, runId, third);
      await quiet(rig);
      await expectStored(rig, modelOf(stored));
      await expectNoDeadLetters(rig);
    });
  });

  it('events that were under way come to the same', async () => {
    await rig.page('older events', async () => {
      for (const report of told.reports) {
        for (const { id, ...message } of messagesOf(report)) await rig.bus.publish(message, id);
        await expectWhole(rig, sinks, report.runId, reportOf(report));
      }
      await quiet(rig);
      await expectStored(rig, modelOf(told));
      await expectNoDeadLetters(rig);
    });
  });
});

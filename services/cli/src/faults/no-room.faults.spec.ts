// A disk quota that fills up: intake is refused before anything unread would be discarded, what cannot be stored is
// tried again, and all of it goes on as soon as there is room.
import { randomBytes } from 'node:crypto';
import { explain } from '@assay/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from './journal.suite.ts';
import { TargetModel } from './model.suite.ts';
import { quiet } from './quiet.suite.ts';
import { Rig } from './rig.suite.ts';
import { expectNoDeadLetters, expectStored, expectWhole, type Sinks, startSinks, submit } from './scan.suite.ts';

const mib = 1024 * 1024;
const budget = 64 * mib;
/** What the server may take for streams and buckets together. Bytes. */
const quota = 96 * mib;
const pool = Array.from({ length: 2000 }, (_, index) => index);

let rig: Rig;
let sinks: Sinks;
beforeAll(async () => {
  rig = await Rig.start({ env: { ASSAY_NATS_BUDGET_BYTES: String(budget) }, maxStoreBytes: quota });
  sinks = await startSinks(rig);
}, 120_000);
afterAll(async () => {
  await sinks?.receiver.away();
  await rig?.stop();
});
afterEach(() => expectNoDeadLetters(rig));

/** Fills the stream of findings with what nobody subscribes to, to this share of its room. */
async function fill(share: number): Promise<void> {
  const room = budget * 0.7;
  for (let bytes = 0; bytes < room * share; bytes += 0.5 * mib) {
    const message = { subject: 'assay.finding.enriching.nobody', headers: {}, payload: randomBytes(0.5 * mib) };
    await rig.bus.publish(message, randomBytes(12).toString('hex'));
  }
}

describe('a quota that fills up', () => {
  it('refuses reports while a sink has not read what would be discarded, and takes them once it has', async () => {
    await rig.page('stream of findings full', async () => {
      const [waiting, refused] = [new TargetModel('waiting'), new TargetModel('refused')];
      const [first, second] = [waiting.report(pool, rig.random), refused.report(pool, rig.random)];
      sinks.receiver.mood = 'overloaded';
      const runId = await submit(rig, waiting.name, first);
      await until('the file has it', async () =>
        (await sinks.file.of(runId)).size === pool.length ? true : undefined,
      );
      await fill(0.9);
      const answer = await until('the door is shut', async () => {
        const given = await rig.ask('POST', '/api/v1/reports?format=gosec&target=none');
        return given.status === 503 ? given : undefined;
      });
      expect(answer.json).toMatchObject({ code: 'intake.overloaded' });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);

      sinks.receiver.mood = 'well';
      // Insists for as long as it is refused.
      const later = await submit(rig, refused.name, second);
      await expectWhole(rig, sinks, runId, first);
      await expectWhole(rig, sinks, later, second);
      await quiet(rig);
      await expectStored(rig, waiting);
      await expectStored(rig, refused);
    });
  }, 180_000);

  it('of the whole server holds up what is under way and loses nothing of it', async () => {
    await rig.page('server full', async () => {
      const models = ['a', 'b', 'c', 'd'].map((name) => new TargetModel(`full-${name}`));
      const filler = await rig.bus.ensureBucket('filler');
      const reports = models.map((model) => ({ model, report: model.report(pool, rig.random) }));
      const handedIn = reports.map(({ model, report }) => submit(rig, model.name, report));
      let keys = 0;
      // Ever smaller, until not even what our events need is left.
      for (const bytes of [mib / 2, 16 * 1024, 16]) {
        for (let refusal = ''; refusal === ''; ) {
          refusal = await filler.put(`k${keys}`, randomBytes(bytes)).then(() => '', explain);
          if (refusal === '') keys++;
          else expect(refusal).toMatch(/insufficient|exceeded/i);
        }
      }
      rig.journal.note('nothing can be stored');
      const answer = await until('the door says so', async () => {
        const given = await rig.ask('POST', '/api/v1/reports?format=gosec&target=none', '{}', {
          prefer: 'respond-async',
        });
        return given.status >= 500 ? given : undefined;
      });
      expect([answer.status, answer.json]).toEqual([503, expect.objectContaining({ code: 'bus.publish' })]);
      for (let index = 1; index <= keys; index++) await rig.bus.deleteMessage('KV_filler', index);
      rig.journal.note('there is room');
      for (const [index, { model, report }] of reports.entries()) {
        await expectWhole(rig, sinks, (await handedIn[index]) ?? '', report);
        await expectStored(rig, model);
      }
      await quiet(rig);
    });
  }, 180_000);
});

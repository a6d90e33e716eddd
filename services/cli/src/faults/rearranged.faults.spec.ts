// Events that come in another order, again, or from another version of the platform: what is made of them is the same.
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Report, TargetModel } from './model.suite.ts';
import { type Message, ReportReader } from './produced.suite.ts';
import { withoutFields, withUnknownFields } from './protobuf-fields.suite.ts';
import { quiet } from './quiet.suite.ts';
import { Rig } from './rig.suite.ts';
import { expectNoDeadLetters, expectStored, expectWhole, type Sinks, startSinks } from './scan.suite.ts';

let rig: Rig;
let sinks: Sinks;
let reader: ReportReader;
beforeAll(async () => {
  reader = await ReportReader.start();
  rig = await Rig.start({ services: ['ledger', 'consumer', 'enricher', 'gateway'] });
  sinks = await startSinks(rig);
}, 120_000);
afterAll(async () => {
  await sinks?.receiver.away();
  await rig?.stop();
  await reader?.stop();
});
afterEach(() => expectNoDeadLetters(rig));

let number = 0;
const pool = Array.from({ length: 3000 }, (_, index) => index);
const fourFifths = () => pool.filter(() => rig.random.next() < 0.8);

interface Scan {
  runId: string;
  report: Report;
  messages: Message[];
}

/** A target and its next scan, read but not handed on. */
async function scanOf(model: TargetModel): Promise<Scan> {
  const report = model.report(fourFifths(), rig.random);
  const runId = `report-${++number}`;
  return { runId, report, messages: await reader.read(model.name, runId, report, `submitted-${number}`) };
}

async function publish(messages: readonly Message[]): Promise<void> {
  for (const { id, ...message } of messages) await rig.bus.publish(message, id);
}

const isTally = ({ subject }: Message) => subject.startsWith('assay.report.parsed.');
/** The stream takes it for another message; in the platform it is the same event. */
const again = (message: Message, time: number): Message => ({ ...message, id: `${message.id}-${time}` });

/** Another version's bytes, where ours are packed. */
function rewritten(message: Message, rewrite: (payload: Uint8Array) => Uint8Array): Message {
  const { 'content-encoding': encoding, ...headers } = message.headers;
  const plain = encoding === 'zstd' ? zstdDecompressSync(message.payload) : message.payload;
  return { ...message, headers, payload: rewrite(plain) };
}

type Change = (messages: readonly Message[]) => Message[];

const changes: [string, Change][] = [
  ['in any order', (messages) => rig.random.shuffled(messages)],
  [
    'with the tally before all findings',
    (messages) => [...messages].sort((a, b) => Number(isTally(b)) - Number(isTally(a))),
  ],
  [
    'two or three times each, in any order',
    (messages) =>
      rig.random.shuffled([
        ...messages,
        ...messages.map((message) => again(message, 2)),
        ...messages.filter(() => rig.random.next() < 0.5).map((message) => again(message, 3)),
      ]),
  ],
  [
    'from a newer version, with fields nobody knows',
    (messages) => messages.map((message) => rewritten(message, withUnknownFields)),
  ],
  [
    'from an older version, without error code and steps in the tally',
    (messages) =>
      messages.map((message) =>
        rewritten(message, (payload) => (isTally(message) ? withoutFields(payload, [20, 21]) : payload)),
      ),
  ],
];

describe('three reports of a target reconcile, are stored and delivered once, when their events come', () => {
  it.each(changes)(
    '%s',
    async (title, change) => {
      await rig.page(title, async () => {
        const model = new TargetModel(`rearranged-${++number}`);
        for (let round = 0; round < 3; round++) {
          const { runId, report, messages } = await scanOf(model);
          await publish(change(messages));
          await expectWhole(rig, sinks, runId, report);
        }
        await quiet(rig);
        await expectStored(rig, model);
      });
    },
    180_000,
  );

  it('once more after all three, as when a stream is replayed: nothing changes, nobody hears of it', async () => {
    await rig.page('replay', async () => {
      const model = new TargetModel('replayed');
      const scans: Scan[] = [];
      for (let round = 0; round < 3; round++) {
        const scan = await scanOf(model);
        scans.push(scan);
        await publish(scan.messages);
        await expectWhole(rig, sinks, scan.runId, scan.report);
      }
      await publish(rig.random.shuffled(scans.flatMap(({ messages }) => messages.map((message) => again(message, 2)))));
      await quiet(rig);
      for (const { runId, report } of scans) await expectWhole(rig, sinks, runId, report);
      await expectStored(rig, model);
    });
  }, 180_000);

  it('from two readings of one report that know nothing of each other', async () => {
    await rig.page('read twice', async () => {
      const model = new TargetModel('read-twice');
      for (let round = 0; round < 3; round++) {
        const { runId, report, messages } = await scanOf(model);
        const other = await reader.read(model.name, runId, report, `submitted-again-${number}`);
        expect(other.map(({ id }) => id)).not.toEqual(messages.map(({ id }) => id));
        await publish(rig.random.shuffled([...messages, ...other]));
        await expectWhole(rig, sinks, runId, report);
      }
      await quiet(rig);
      await expectStored(rig, model);
    });
  }, 180_000);
});

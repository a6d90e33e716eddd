// What happens when JetStream has no more room: nothing is dropped, whoever publishes hears of it.
import { InvalidInput } from '@assay/contracts';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Bus, StoredMessage } from './bus.ts';
import { deadLetter, deadLetters, dropDeadLetter } from './dead-letters.ts';

const mib = 1024 * 1024;
let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startNats({ maxStoreBytes: 100 * mib });
  bus = await nats.connect();
});
afterAll(() => nats.stop());

describe('a disk quota', () => {
  it('that is too small for the streams is named, with the setting that mends it', async () => {
    await expect(bus.ensureStreams({ replicas: 1, budgetBytes: 4096 * mib })).rejects.toMatchObject({
      code: 'bus.no-room',
      message: expect.stringMatching(/ASSAY_NATS_BUDGET_BYTES.*max_file_store/),
    });
    await bus.ensureStreams({ replicas: 1, budgetBytes: 64 * mib });
  });

  it('of the dead letters refuses new ones, loses none, and takes them again after one is dropped', async () => {
    const message = (sequence: number): StoredMessage => ({
      subject: 'assay.report.submitted.x',
      headers: {},
      payload: Buffer.alloc(900 * 1024),
      stream: 'assay-report',
      sequence,
      storedAt: new Date(0),
    });
    const bury = (sequence: number) =>
      deadLetter(bus, 'spec', message(sequence), new InvalidInput('no', { code: 'spec.no' }), new Date(0));
    let buried = 0;
    const full = await (async () => {
      for (; buried < 100; buried++) {
        try {
          await bury(buried + 1);
        } catch (error) {
          return error;
        }
      }
    })();
    // Transient: the event stays where it was and is tried again.
    expect(full).toMatchObject({ name: 'Transient', code: 'bus.publish' });
    expect(buried).toBeGreaterThan(3);
    const kept = await deadLetters(bus);
    expect(kept.map(({ letter }) => letter.sequence)).toEqual(Array.from({ length: buried }, (_, at) => at + 1));
    await dropDeadLetter(bus, kept[0]?.sequence ?? 0);
    await bury(buried + 1);
    expect(await deadLetters(bus)).toHaveLength(buried);
  });
});

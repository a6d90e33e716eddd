import type { Bus } from '@assay/bus';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Leases } from './leases.ts';

let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startNats();
  bus = await nats.connect();
});
afterAll(() => nats.stop());

it('a lease whose work could not begin is given up and taken again', async () => {
  const bucket = await bus.ensureBucket('leases', { ttlMs: 1000 });
  const working = new Set<string>();
  let failures = 1;
  const leases = new Leases({
    bucket,
    service: 'spec',
    names: ['p00', 'p01'],
    ttlMs: 1000,
    gained: async (name) => {
      if (failures-- > 0) throw new Error('the durable cannot be read');
      working.add(name);
    },
    lost: async (name) => {
      working.delete(name);
    },
    log: pino({ level: 'silent' }),
  });
  await leases.start();
  while (working.size < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await leases.stop();
  expect(working.size).toBe(0);
  expect(await bucket.keys()).toEqual([]);
});

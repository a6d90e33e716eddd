// A connection that is lost comes back, whatever the machine's clock was set to meanwhile.
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { reconnectDelay } from './reconnect-delay.ts';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => nats.stop());

describe('a connection', () => {
  it('comes back after the clock was set back', async () => {
    const real = Date.now.bind(Date);
    let ahead = 24 * 3_600_000;
    jest.spyOn(Date, 'now').mockImplementation(() => real() + ahead);
    const bus = await nats.connect();
    ahead = 0;
    await nats.restart();
    let isBack = false;
    while (!isBack)
      isBack = await bus.ping().then(
        () => true,
        () => false,
      );
    expect(isBack).toBe(true);
  });

  it('waits between tries, but not for a clock that went back', () => {
    let [wall, monotonic] = [1_000_000, 0];
    const delay = reconnectDelay({ wall: () => wall, monotonic: () => monotonic });
    const pass = (ms: number) => {
      wall += ms;
      monotonic += ms;
    };
    for (let round = 0; round < 5; round++, pass(500)) expect(delay()).toBeGreaterThanOrEqual(500);
    // Ahead is no trouble: what was last is longer ago.
    wall += 3_600_000;
    expect(delay()).toBeGreaterThanOrEqual(500);
    wall -= 7_200_000;
    const again = Array.from({ length: 20 }, () => delay());
    expect(again[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(again.at(-1)).toBeGreaterThanOrEqual(500);
  });
});

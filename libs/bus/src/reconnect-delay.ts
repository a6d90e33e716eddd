// How long to wait between two tries of a server. The client compares wall-clock times of its tries: when the clock is
// set back, the last one lies ahead, and it would not try again before the clock has caught up, be it a day.

/** Between two tries of one server. Milliseconds. */
const waitMs = 500;
/** So that services do not all come back at once. Milliseconds, at most. */
const jitterMs = 100;
/** What a clock may lose without having been set. Milliseconds. */
const slackMs = 250;
/** Each server has a last try of its own, so each is tried once without a wait; clusters have no more. */
const maxServers = 8;

export interface Clocks {
  wall(): number;
  /** Never set. */
  monotonic(): number;
}

const clocksOfProcess: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/** For the client's `reconnectDelayHandler`, asked before each try. */
export function reconnectDelay({ wall, monotonic }: Clocks = clocksOfProcess): () => number {
  let offset = wall() - monotonic();
  let atOnce = 0;
  return () => {
    const now = wall() - monotonic();
    if (now < offset - slackMs) atOnce = maxServers;
    offset = now;
    if (atOnce === 0) return waitMs + Math.floor(Math.random() * jitterMs);
    atOnce--;
    return Number.NEGATIVE_INFINITY;
  };
}

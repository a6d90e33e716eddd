// Preloaded into a process (NODE_OPTIONS=--import=…): its wall clock is as far off as a file says, in milliseconds,
// from the moment the file says it. Timers and performance.now go on as they are, as they do when a clock is set.
import { readFileSync } from 'node:fs';

const file = process.env['CLOCK_SHIFT_FILE'] ?? '';
/** How often the file is looked at. Milliseconds. */
const lookEveryMs = 20;

const RealDate = Date;
let shiftMs = 0;
let lookedAt = Number.NEGATIVE_INFINITY;

function now(): number {
  const at = performance.now();
  if (at - lookedAt >= lookEveryMs) {
    lookedAt = at;
    try {
      shiftMs = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      shiftMs = 0;
    }
  }
  return RealDate.now() + shiftMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

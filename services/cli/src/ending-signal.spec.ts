import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { endingSignal } from './ending-signal.ts';

describe('signals', () => {
  it.each<[string, [number, string][], { aborts: boolean; endsAtOnce: number }]>([
    ['none: the command goes on', [], { aborts: false, endsAtOnce: 0 }],
    ['one asks it to end', [[0, 'SIGTERM']], { aborts: true, endsAtOnce: 0 }],
    [
      'the same one, to the group and forwarded, is one',
      [
        [0, 'SIGINT'],
        [3, 'SIGINT'],
        [1999, 'SIGTERM'],
      ],
      { aborts: true, endsAtOnce: 0 },
    ],
    [
      'another one later does not want to wait',
      [
        [500, 'SIGINT'],
        [2499, 'SIGINT'],
        [2500, 'SIGINT'],
      ],
      { aborts: true, endsAtOnce: 1 },
    ],
  ])('%s', (_, signals, expected) => {
    const process = new EventEmitter();
    let time = 0;
    let atOnce = 0;
    const signal = endingSignal(process, {
      now: () => time,
      endAtOnce: () => {
        atOnce += 1;
      },
    });
    for (const [at, name] of signals) {
      time = at;
      process.emit(name);
    }
    expect({ aborts: signal.aborted, endsAtOnce: atOnce }).toEqual(expected);
  });
});

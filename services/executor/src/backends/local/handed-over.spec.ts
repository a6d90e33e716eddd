import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { forgetOldRuns, handedOver, rememberHandedOver } from './handed-over.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'handed-'));
});
afterEach(() => rm(home, { recursive: true }));

describe('what a task handed over', () => {
  it('is known by run and task, whatever the run is called', async () => {
    await rememberHandedOver(home, '../run', 'gosec', ['r-1']);
    expect(await handedOver(home, '../run', 'gosec')).toEqual(['r-1']);
    expect(await handedOver(home, '../run', 'bandit')).toBeUndefined();
    expect(await handedOver(home, 'run', 'gosec')).toBeUndefined();
  });

  it.each([
    ['kept for six days', 6, ['r-1']],
    ['forgotten after eight', 8, undefined],
  ])('is %s', async (_, days, expected) => {
    await rememberHandedOver(home, 'run', 'gosec', ['r-1']);
    await forgetOldRuns(home, new Date(Date.now() + days * 24 * 60 * 60_000));
    expect(await handedOver(home, 'run', 'gosec')).toEqual(expected);
  });
});

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { isAlive } from './is-alive.ts';

describe('isAlive', () => {
  it('tells a process that runs from one that has ended', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(spawnSync(process.execPath, ['--version']).pid)).toBe(false);
  });
});

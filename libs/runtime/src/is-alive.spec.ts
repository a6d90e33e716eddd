import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { beganOf, isAlive } from './is-alive.ts';

describe('isAlive', () => {
  it('tells a process that runs from one that has ended', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(spawnSync(process.execPath, ['--version']).pid)).toBe(false);
  });

  it('tells a process from another that was given its pid', () => {
    const began = beganOf(process.pid);
    expect(began).toMatch(/\d/);
    expect(isAlive(process.pid, began)).toBe(true);
    expect(isAlive(process.pid, 'another time')).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN])('%d is no process', (pid) => {
    expect(isAlive(pid)).toBe(false);
  });
});

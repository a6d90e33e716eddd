import { readdirSync } from 'node:fs';
import { token } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { steps } from './by-name.ts';

describe('the registry of steps', () => {
  it('names every folder, and nothing else', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...steps.keys()].sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it.each([...steps])('%s has a name for subjects and a summary', (name, step) => {
    expect(token(name)).toBe(name);
    expect(step.summary).toMatch(/^[A-Z].*\.$/);
  });
});

import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { adapters } from './registry.ts';

describe('the registry of adapters', () => {
  it('holds every folder beside it, under the folder’s name', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && readdirSync(`${import.meta.dirname}/${entry.name}`).includes('index.ts') ? entry.name : [],
    );
    expect([...adapters.keys()].sort()).toEqual(folders.sort());
  });

  it.each([...adapters.values()])('says what $name is, for people', ({ name, title }) => {
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(title.length).toBeGreaterThan(8);
  });
});

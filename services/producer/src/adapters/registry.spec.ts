import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { adapters } from './by-name.ts';

describe('the registry of adapters', () => {
  it('holds every folder beside it, under the folder’s name', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && readdirSync(`${import.meta.dirname}/${entry.name}`).includes('index.ts') ? entry.name : [],
    );
    expect([...adapters.keys()].sort()).toEqual(folders.sort());
  });

  it.each([...adapters.values()])(
    'says what $name is, and has a real report and a spec beside it',
    ({ name, title }) => {
      expect(name).toMatch(/^[a-z0-9-]+$/);
      expect(title.length).toBeGreaterThan(8);
      const beside = readdirSync(`${import.meta.dirname}/${name}`);
      expect(beside).toContain(`${name}.spec.ts`);
      expect(beside.some((file) => /^fixture(s$|\.)/.test(file))).toBe(true);
    },
  );
});

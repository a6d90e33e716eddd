import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { sinkTypeOf, sinkTypes } from './by-name.ts';

describe('the registry of sinks', () => {
  it('has every folder and nothing else', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...sinkTypes.keys()].sort()).toEqual(folders.map((folder) => folder.name).sort());
  });

  it('names what there is when a type is not known', () => {
    expect(() => sinkTypeOf('pigeon')).toThrow(/^there is no sink type "pigeon"; there are .*file, .*webhook/);
  });
});

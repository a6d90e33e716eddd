import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { registry } from './registry.ts';

describe('registry', () => {
  it('has every file of commands/, and no other', async () => {
    const files = await readdir(join(import.meta.dirname, 'commands'));
    const names = files.filter((file) => !file.endsWith('.spec.ts')).map((file) => file.replace(/\.ts$/, ''));
    expect(registry.map(({ name }) => name).sort()).toEqual(names.sort());
  });
});

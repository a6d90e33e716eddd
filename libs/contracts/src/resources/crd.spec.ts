import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { crdFiles } from './crd-files.ts';

const folder = join(import.meta.dirname, '..', '..', '..', '..', 'deploy', 'crds');

describe('deploy/crds', () => {
  it('has just the files that the schemas make: run npm run generate', () => {
    const there = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(Object.fromEntries(there.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))).toEqual(
      crdFiles(),
    );
  });

  it('says nothing that is no part of a structural schema', () => {
    for (const [name, text] of Object.entries(crdFiles()))
      expect([name, text.match(/\$ref|\$schema|anyOf|oneOf|additionalProperties: false|nullable/)]).toEqual([
        name,
        null,
      ]);
  });
});

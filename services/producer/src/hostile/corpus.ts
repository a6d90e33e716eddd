// What the hostile suites start from: every fixture of every adapter in the registry, so that a new adapter is attacked
// without anybody thinking of it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../adapter.ts';
import { adapters } from '../adapters/by-name.ts';
import { readFixture } from '../testing/parse-fixture.ts';

export interface Specimen {
  readonly adapter: Adapter;
  /** "gosec/govwa.json" */
  readonly name: string;
  readonly kind: 'json' | 'xml' | 'binary';
  readonly bytes: Buffer;
}

/** Longer ones say nothing that shorter ones do not, and cost more. Bytes. */
const maxBytes = 200 * 1024;

export function specimens(): Specimen[] {
  return [...adapters.values()].flatMap((adapter) => {
    const folder = join(import.meta.dirname, '../adapters', adapter.name, 'fixtures');
    return readdirSync(folder)
      .filter((file) => !file.endsWith('.md'))
      .sort()
      .flatMap((file) => {
        const bytes = readFixture(join(folder, file));
        if (bytes.length > maxBytes) return [];
        return [{ adapter, name: `${adapter.name}/${file}`, kind: kindOf(bytes), bytes }];
      });
  });
}

function kindOf(bytes: Buffer): Specimen['kind'] {
  const first = bytes.toString('utf8', 0, 64).trimStart().charAt(0);
  if (first === '<') return 'xml';
  return first === '{' || first === '[' ? 'json' : 'binary';
}

// Every adapter against reports that are changed at random. The seed is in the name of the test: with it,
// ASSAY_FUZZ_SEED=… does the same again; ASSAY_FUZZ_SECONDS=3600 goes on for an hour.

import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { adapters } from '../adapters/by-name.ts';
import { recognise } from '../sniff.ts';
import { mutated } from './byte-mutants.ts';
import { specimens } from './corpus.ts';
import { judge } from './judge.ts';
import { Random } from './random.ts';

const seed = Number(process.env['ASSAY_FUZZ_SEED'] ?? Date.now() % 2 ** 32);
const seconds = Number(process.env['ASSAY_FUZZ_SECONDS'] ?? 0);
/** Of each adapter, without a time. */
const iterations = 80;

const byAdapter = Map.groupBy(specimens(), ({ adapter }) => adapter);
const all = specimens();

describe(`reports changed at random, with the seed ${seed}`, () => {
  it.each([...byAdapter].map(([adapter, own]) => [adapter.name, adapter, own] as const))(
    'are read or refused by %s',
    async (name, adapter, own) => {
      const random = new Random(seed ^ name.length);
      const until = Date.now() + (seconds * 1000) / byAdapter.size;
      let refused = 0;
      let count = 0;
      for (; count < iterations || Date.now() < until; count++) {
        const specimen = random.of(own.filter(({ bytes }) => bytes.length < 64 * 1024));
        const bytes = mutated(specimen.bytes, random.of(all).bytes, random);
        const chunkBytes = random.of([1, 7, 100, 4096, 1 << 20]);
        try {
          const { code } = await judge(adapter, bytes, { chunkBytes, sourceRoot: random.of(['', '/src', '/']) });
          if (code !== '') refused++;
        } catch (cause) {
          throw new Error(`${specimen.name}, change ${count} of seed ${seed}, in chunks of ${chunkBytes}: ${cause}`, {
            cause,
          });
        }
      }
      // One that takes everything reads nothing.
      expect(refused).toBeGreaterThan(0);
      expect(refused).toBeLessThan(count);
    },
    (seconds + 600) * 1000,
  );

  it(
    'are recognised or refused',
    async () => {
      const random = new Random(seed);
      const until = Date.now() + (seconds * 1000) / byAdapter.size;
      for (let count = 0; count < iterations || Date.now() < until; count++) {
        const bytes = mutated(random.of(all).bytes, random.of(all).bytes, random);
        const open = async function* () {
          yield bytes;
        };
        const found = await recognise({ open, sourceRoot: '' }, adapters.values()).catch((error: unknown) => error);
        if (found instanceof InvalidInput) expect(found.code).toMatch(/^report\.[a-z-]+$/);
        else expect([...adapters.values()]).toContain(found);
      }
    },
    (seconds + 600) * 1000,
  );
});

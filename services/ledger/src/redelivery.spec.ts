// Every event may come again at any time, to any replica, and a replica may die between any two steps. What is said and
// what is stored must be as if nothing had happened.
import { Transient } from '@assay/contracts';
import { openStore, type Store } from '@assay/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { enriched, handle, type Input, parsed, Rig } from './testing/rig.ts';
import { said, sharedStory, stored, story } from './testing/story.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

async function uninterrupted(story: readonly Input[]): Promise<{ outputs: Map<string, string>[]; end: unknown }> {
  const calm = await Rig.open();
  const replica = calm.replica();
  const outputs: Map<string, string>[] = [];
  for (const input of story) outputs.push(said(await handle(replica, input)));
  const end = await stored(calm);
  await calm.close();
  return { outputs, end };
}

describe.each([
  ['own', story],
  ['shared', sharedStory],
])('of %s findings', (_, story) => {
  describe('an event that comes again', () => {
    it.each([
      ['the same replica', false],
      ['a replica that just started', true],
    ])('to %s says what it said, and changes nothing', async (_who, isFresh) => {
      const { outputs, end } = await uninterrupted(story);
      const replica = rig.replica();
      for (const [index, input] of story.entries()) {
        expect(said(await handle(replica, input))).toEqual(outputs[index]);
        for (let earlier = 0; earlier <= index; earlier++) {
          const again = await handle(isFresh ? rig.replica() : replica, story[earlier] as Input);
          expect(said(again)).toEqual(outputs[earlier]);
        }
      }
      expect(await stored(rig)).toEqual(end);
    });
  });

  describe('a crash', () => {
    it.each(['before', 'after'] as const)(
      '%s any write of any event loses nothing and doubles nothing',
      async (when) => {
        const { outputs, end } = await uninterrupted(story);
        let crashes = 0;
        for (const [index, input] of story.entries()) {
          // Dies at its n-th write, for every n until it gets through; the event comes again each time.
          for (let writes = 0; ; writes++) {
            const fragile = rig.replica({ store: dying(rig.store, writes, when) });
            try {
              expect(said(await handle(fragile, input))).toEqual(outputs[index]);
              break;
            } catch (error) {
              if (!(error instanceof Crash)) throw error;
              crashes++;
            }
          }
        }
        expect(await stored(rig)).toEqual(end);
        expect(crashes).toBeGreaterThan(story.length);
      },
    );

    it('after everything is stored, before anything is said, says it all later', async () => {
      const { outputs } = await uninterrupted(story);
      for (const [index, input] of story.entries()) {
        const outgoing = handle(rig.replica(), input);
        await outgoing;
        expect(said(await handle(rig.replica(), input))).toEqual(outputs[index]);
      }
    });
  });

  describe('two replicas', () => {
    it('that take turns on one target say and store what one would', async () => {
      const { outputs, end } = await uninterrupted(story);
      const other = await openStore(rig.url);
      const replicas = [rig.replica(), rig.replica({ store: other })];
      for (const [index, input] of story.entries()) {
        expect(said(await handle(replicas[index % 2] as (typeof replicas)[0], input))).toEqual(outputs[index]);
      }
      expect(await stored(rig)).toEqual(end);
      await other.close();
    });

    it('that work on one target at once never disagree', async () => {
      const { outputs, end } = await uninterrupted(story);
      const other = await openStore(rig.url);
      const replicas = [rig.replica(), rig.replica({ store: other })];
      for (const [index, input] of story.entries()) {
        const both = await Promise.all(replicas.map((replica) => handle(replica, input)));
        const together = new Map(both.flatMap((each) => [...said(each)]));
        expect(together).toEqual(outputs[index]);
      }
      expect(await stored(rig)).toEqual(end);
      await other.close();
    });

    it('that write over each other without end ask for the event again', async () => {
      const replica = rig.replica({
        store: { ...rig.store, ledger: { ...rig.store.ledger, append: async () => false } },
      });
      await expect(handle(replica, story[0] as Input)).rejects.toBeInstanceOf(Transient);
      await expect(handle(replica, parsed({ findings: 0 }))).rejects.toBeInstanceOf(Transient);
    });
  });

  describe('a memory that is too small', () => {
    it('changes nothing but the time it takes', async () => {
      const { outputs } = await uninterrupted(story);
      const replica = rig.replica({ maxFindings: 1 });
      for (const [index, input] of story.entries()) {
        expect(said(await handle(replica, input))).toEqual(outputs[index]);
        await handle(replica, enriched({ report: `o${index}`, target: `other${index}`, findings: 'x y z' }));
      }
    });
  });
});

describe('an event that comes again', () => {
  it('long after its scan is forgotten still says what it opened', async () => {
    const { outputs } = await uninterrupted(story);
    for (const input of story) await handle(rig.replica(), input);
    rig.clock += 48 * 3_600_000;
    const { id } = await rig.store.ledger.history('shop');
    expect(await rig.store.ledger.forget(id, new Date(rig.clock).toISOString())).toBeGreaterThan(0);
    const before = await rig.store.findings.list({ limit: 1000 });
    for (const [index, input] of story.entries()) {
      expect(said(await handle(rig.replica(), input))).toEqual(outputs[index]);
    }
    expect(await rig.store.findings.list({ limit: 1000 })).toEqual(before);
  });
});

class Crash extends Error {}

/** A store whose user dies at its n-th write, before it is done or after. */
function dying(store: Store, writes: number, when: 'before' | 'after'): Store {
  let left = writes;
  const names = ['append', 'putReport', 'closeReport', 'noteRun', 'history'] as const;
  const ledger = { ...store.ledger };
  for (const name of names) {
    const write = store.ledger[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(ledger, {
      [name]: async (...args: unknown[]) => {
        const isFatal = left-- === 0;
        if (isFatal && when === 'before') throw new Crash();
        const result = await write(...args);
        if (isFatal) throw new Crash();
        return result;
      },
    });
  }
  return { ...store, ledger };
}

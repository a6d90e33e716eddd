// The contract of the ledger's log.
import { Severity, Transition } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { historyId } from '../history-id.ts';
import { type Append, type Entry, FindingMark } from '../ledger-store.ts';
import { placeAt } from '../places.ts';
import type { Store } from '../store.ts';
import { day, draftEntry, identityOf } from './entries.ts';

const shop = historyId('shop');

export function historyContract(store: () => Store, again: () => Promise<Store>): void {
  const append = (...drafts: Parameters<typeof draftEntry>[0][]) => appendAll(store(), drafts.map(draftEntry));

  describe('history', () => {
    it('is made once and found again', async () => {
      const { ledger } = store();
      expect(await ledger.histories()).toEqual([]);
      const made = await ledger.history('shop');
      expect(made).toEqual({ id: shop, target: 'shop', coverage: {} });
      expect(await ledger.history('shop')).toEqual(made);
      expect(await ledger.histories()).toEqual([made]);
    });

    it('gives back its entries as they were appended, in order', async () => {
      const drafts = [
        { seq: 1, sightings: [{ name: 'a' }, { name: 'b', transition: Transition.SUPPRESSED }] },
        {
          seq: 2,
          isShared: true,
          sightings: [{ name: 'a', transition: Transition.RECURRED, place: { seq: 1, position: 0 } }],
        },
        {
          seq: 3,
          closing: true,
          isShared: true,
          sightings: [{ name: 'b', transition: Transition.FIXED, place: { seq: 1, position: 1 } }],
        },
      ];
      await append(...drafts);
      const appended = drafts.map((draft) => draftEntry(draft).entry);
      expect(await readAll(store(), 0, true)).toEqual(appended);
      expect(await readAll(store(), 1, true)).toEqual(appended.slice(1));
      expect(await store().ledger.entriesOfReport(shop, 'r1')).toEqual(appended);
      expect(await store().ledger.entriesOfReport(shop, 'r2')).toEqual([]);
      expect((await readAll(store(), 0, true)).map(({ isShared }) => isShared)).toEqual([false, true, true]);
      const folded = await readAll(store(), 0, false);
      expect(folded.map(({ seen }) => seen !== undefined)).toEqual([false, false, true]);
    });

    it('reads more entries than it takes at a time', async () => {
      await append(
        ...Array.from({ length: 300 }, (_, index) => ({ seq: index + 1, sightings: [{ name: `${index}` }] })),
      );
      expect((await readAll(store(), 0, false)).map(({ seq }) => seq)).toEqual(
        Array.from({ length: 300 }, (_, i) => i + 1),
      );
    });

    it.each([
      ['taken', 2],
      ['the first', 1],
    ])('refuses a number that is %s, and changes nothing', async (_, seq) => {
      await append({ seq: 1, sightings: [{ name: 'a' }] }, { seq: 2, sightings: [{ name: 'b' }] });
      const before = await readAll(store(), 0, true);
      const markings = [{ at: { seq: 1, position: 0 }, mark: FindingMark.MOVED, to: { seq, position: 0 } }];
      expect(await store().ledger.append(draftEntry({ seq, report: 'r9', sightings: [{ name: 'c' }], markings }))).toBe(
        false,
      );
      expect(await readAll(store(), 0, true)).toEqual(before);
      expect((await store().findings.list({})).items).toHaveLength(2);
    });

    it('lets one of several writers have a number', async () => {
      const others = await Promise.all([again(), again(), again()]);
      await store().ledger.history('shop');
      const tries = await Promise.all(
        [store(), ...others].map((each, index) =>
          each.ledger.append(draftEntry({ seq: 1, report: `r${index}`, sightings: [{ name: `${index}` }] })),
        ),
      );
      expect(tries.filter(Boolean)).toHaveLength(1);
      const [entry] = await readAll(store(), 0, true);
      expect(entry?.reportId).toBe(`r${tries.indexOf(true)}`);
      const content = await store().ledger.content(shop, 1);
      expect(content?.reportId).toBe(entry?.reportId);
    });

    it('marks what an entry fixes or takes the place of, and never goes back', async () => {
      await append(
        { seq: 1, sightings: [{ name: 'a' }, { name: 'b' }] },
        {
          seq: 2,
          closing: true,
          sightings: [{ name: 'a', transition: Transition.FIXED, place: { seq: 1, position: 0 } }],
          markings: [{ at: { seq: 1, position: 0 }, mark: FindingMark.FIXED, to: { seq: 2, position: 0 } }],
        },
        {
          seq: 3,
          sightings: [{ name: 'a', transition: Transition.REOPENED, first: 1 }],
          markings: [{ at: { seq: 1, position: 0 }, mark: FindingMark.MOVED, to: { seq: 3, position: 0 } }],
        },
        {
          seq: 4,
          sightings: [],
          markings: [{ at: { seq: 1, position: 0 }, mark: FindingMark.FIXED, to: { seq: 9, position: 9 } }],
        },
      );
      const [first] = await readAll(store(), 0, true);
      expect([...(first?.kept?.marks ?? [])]).toEqual([FindingMark.MOVED, FindingMark.OPEN]);
      expect(placeAt(first?.kept?.pointers ?? new Uint8Array(8), 0)).toEqual({ seq: 3, position: 0 });
    });

    it('remembers the last complete scan of each tool and scope', async () => {
      await append({ seq: 1, closing: true, sightings: [], at: day(3), report: 'r3' });
      await append({ seq: 2, closing: true, sightings: [], at: day(4), report: 'r4', tool: 'eslint' });
      expect((await store().ledger.history('shop')).coverage).toEqual({
        'gosec\n': { at: day(3), runId: 'run-r3', reportId: 'r3', revision: 'rev-r3' },
        'eslint\n': { at: day(4), runId: 'run-r4', reportId: 'r4', revision: 'rev-r4' },
      });
    });

    it('keeps the contents of an entry', async () => {
      await append({ seq: 1, sightings: [{ name: 'a' }, { name: 'b' }] }, { seq: 2, sightings: [] });
      const batch = await store().ledger.content(shop, 1);
      expect(batch?.findings).toHaveLength(2);
      expect(Buffer.from(batch?.identities ?? []).toString('hex')).toBe(identityOf('a') + identityOf('b'));
      expect(await store().ledger.content(shop, 2)).toBeUndefined();
    });

    it('counts a report by transition and severity', async () => {
      await append(
        { seq: 1, severity: Severity.LOW, sightings: [{ name: 'a' }, { name: 'b' }] },
        { seq: 2, sightings: [{ name: 'c', transition: Transition.SUPPRESSED }] },
        { seq: 3, report: 'r2', sightings: [{ name: 'd' }] },
        {
          seq: 4,
          closing: true,
          at: day(2),
          sightings: [{ name: 'e', transition: Transition.FIXED, place: { seq: 1, position: 0 } }],
        },
        // What a closing says of findings that others still see is no finding of the report.
        ...[Transition.UNSPECIFIED, Transition.SUPPRESSED].map((transition, index) => ({
          seq: 5 + index,
          closing: true,
          at: day(2),
          sightings: [{ name: 'a', transition, place: { seq: 1, position: 0 } }],
        })),
      );
      expect(await store().ledger.countsOfReport('r1')).toEqual({
        findings: 3,
        transitions: { opened: 2, suppressed: 1, fixed: 1 },
        severities: { low: 2, high: 1 },
        storedAt: day(2),
      });
      expect((await store().ledger.countsOfReport('none')).findings).toBe(0);
    });

    it('forgets what old scans saw, but no finding and not the last complete scan', async () => {
      const recurred = { name: 'a', transition: Transition.RECURRED, place: { seq: 1, position: 0 } };
      await append(
        { seq: 1, sightings: [{ name: 'a' }] },
        { seq: 2, report: 'r2', sightings: [recurred] },
        { seq: 3, report: 'r2', sightings: [recurred], closing: true },
        { seq: 4, report: 'r3', at: day(9), sightings: [recurred] },
      );
      expect(await store().ledger.forget(shop, day(5))).toBe(1);
      const seen = async () => (await readAll(store(), 0, true)).filter((entry) => entry.seen).map(({ seq }) => seq);
      expect(await seen()).toEqual([2, 3, 4]);
      await append({ seq: 5, report: 'r5', at: day(10), sightings: [], closing: true });
      await store().ledger.forget(shop, day(20));
      expect(await seen()).toEqual([3, 5]);
      expect((await store().findings.list({})).items).toHaveLength(1);
      expect(await store().ledger.append(draftEntry({ seq: 4, sightings: [{ name: 'z' }] }))).toBe(false);
      await append({ seq: 6, sightings: [{ name: 'b' }] });
    });
  });
}

async function appendAll(store: Store, appends: Append[]): Promise<void> {
  await store.ledger.history('shop');
  for (const each of appends) expect(await store.ledger.append(each)).toBe(true);
}

async function readAll(store: Store, after: number, isWhole: boolean): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of store.ledger.entries(shop, after, isWhole)) entries.push(plain(entry));
  return entries;
}

// Drivers give bytes as they come; what matters is that they are the same.
function plain(entry: Entry): Entry {
  const bytes = (fields: object) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? Uint8Array.from(value) : value,
      ]),
    );
  const copy = { ...entry };
  if (entry.seen) copy.seen = bytes(entry.seen) as unknown as NonNullable<Entry['seen']>;
  if (entry.kept) copy.kept = bytes(entry.kept) as unknown as NonNullable<Entry['kept']>;
  return copy;
}

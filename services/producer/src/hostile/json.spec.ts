// Every adapter of JSON against reports whose every member is in turn not what the tool writes.
import { describe, expect, it } from '@jest/globals';
import { specimens } from './corpus.ts';
import { documentsOf, mutantsAt, placesOf, shortened } from './json-mutants.ts';
import { judge } from './judge.ts';

const byAdapter = Map.groupBy(
  specimens().filter(({ kind }) => kind === 'json'),
  ({ adapter }) => adapter,
);

describe('members that are not what a tool writes', () => {
  it.each([...byAdapter].map(([adapter, all]) => [adapter.name, adapter, all] as const))(
    'are read past or refused by %s',
    async (_, adapter, all) => {
      const done = new Set<string>();
      const broken = new Map<string, string>();
      let count = 0;
      for (const { bytes } of all) {
        const documents = documentsOf(bytes.toString()).slice(0, 4).map(shortened);
        for (const [which, document] of documents.entries())
          for (const path of placesOf(document, done))
            for (const { what, text } of mutantsAt(documents, which, path)) {
              count++;
              try {
                await judge(adapter, Buffer.from(text));
              } catch (error) {
                broken.set(what, String(error));
              }
            }
      }
      expect(Object.fromEntries(broken)).toEqual({});
      expect(count).toBeGreaterThan(30);
    },
  );
});

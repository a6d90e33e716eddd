import { describe, expect, it } from '@jest/globals';
import { adapters } from './adapters/by-name.ts';
import { recognise, sampleOf } from './sniff.ts';
import { formatOf } from './testing/format-of.ts';
import { readFixture } from './testing/parse-fixture.ts';

function report(content: string | Uint8Array, chunkBytes = 1000) {
  const bytes = Buffer.from(content as Uint8Array);
  let opened = 0;
  const open = async function* () {
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      opened += 1;
      yield bytes.subarray(start, start + chunkBytes);
    }
  };
  return { open, sourceRoot: '', chunksRead: () => opened };
}

const fixture = (path: string) => readFixture(`${import.meta.dirname}/adapters/${path}`);

describe('recognise', () => {
  it.each([
    ['gosec', 'gosec/fixtures/govwa.json'],
    ['gosec', 'gosec/fixtures/edge-clean-go.json'],
    ['bandit', 'bandit/fixtures/dsvw.json'],
    ['bandit', 'bandit/fixtures/edge-empty.json'],
    ['semgrep', 'semgrep/fixtures/nodegoat.json'],
    ['semgrep', 'semgrep/fixtures/edge-badconfig.json'],
    ['gitleaks', 'gitleaks/fixtures/terragoat.dir.json'],
    ['eslint', 'eslint/fixtures/nodegoat.json'],
    ['eslint', 'eslint/fixtures/nodegoat.json-with-metadata.json'],
  ])('takes %s by the content of %s', async (name, path) => {
    expect(await formatOf(fixture(path))).toBe(name);
  });

  it('finds a deciding member behind more than the sample holds', async () => {
    const metrics = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`./file-${index}.py`, { loc: index, nosec: 0 }]),
    );
    const text = JSON.stringify({ errors: [], generated_at: 'x', metrics, results: [] });
    expect(text.length).toBeGreaterThan(100_000);
    expect((await recognise(report(text), adapters.values())).name).toBe('bandit');
  });

  it.each([
    ['', 'report.empty', 'empty'],
    ['  \n', 'report.empty', 'empty'],
    ['[]', 'report.unknown-format', 'eslint or gitleaks; say which'],
    ['{"hello":1}', 'report.unknown-format', 'bandit'],
    ['hello', 'report.unknown-format', 'known formats are'],
    ['<html></html>', 'report.unknown-format', 'gosec'],
    ['{"Issues":[', 'report.truncated', 'byte 11'],
    ['[{"RuleID":', 'report.truncated', 'byte 11'],
    ['{"Issues":[}', 'report.not-json', 'byte 11'],
  ])('refuses %j with %s', async (content, code, message) => {
    await expect(recognise(report(content), adapters.values())).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});

describe('sampleOf', () => {
  it.each([
    ['\ufeff {"a":1,"b":{"c":2}}', 'object', ['a', 'b']],
    ['[{"a":1},{"b":2}]', 'array', ['a']],
    ['[1]', 'array', []],
    ['[]', 'array', []],
    ['<?xml version="1.0"?>', 'xml', []],
    ['text', 'other', []],
    ['', 'empty', []],
  ])('of %j is an %s with %j', async (content, root, keys) => {
    for (const size of [1, 3, 1000]) {
      const sample = await sampleOf(report(content, size));
      expect([sample.root, [...sample.keys]]).toEqual([root, keys]);
    }
  });

  it('reads no more of a list than its first element, twice', async () => {
    const long = report(JSON.stringify(Array.from({ length: 50_000 }, (_, index) => ({ index }))));
    await sampleOf(long);
    expect(long.chunksRead()).toBeLessThan(100);
  });
});

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

describe('a report in UTF-16, as PowerShell writes it', () => {
  it.each([
    ['JSON', Buffer.from('\ufeff{"Issues":[]}', 'utf16le')],
    ['big-endian JSON', Buffer.from('\ufeff{"Issues":[]}', 'utf16le').swap16()],
    ['XML', Buffer.from('\ufeff<bom/>', 'utf16le')],
  ])('is refused with what to do: %s', async (_name, content) => {
    await expect(recognise(report(content), adapters.values())).rejects.toMatchObject({
      code: 'report.not-json',
      message: expect.stringContaining('save it as UTF-8'),
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
    ['{"a":1}\n', 'object', ['a']],
    ['\ufeff{"a":1,"b":{}}\r\n{"c":2}\n', 'lines', ['a', 'b']],
    ['{"a":1}{"b":2}', 'lines', ['a']],
    ['{"a":1}\n{"a"', 'lines', ['a']],
    ['text', 'other', []],
    ['\u001b[31mtext', 'other', []],
    ['', 'empty', []],
    ['\n\u0002a\u0012\u0001{', 'binary', []],
    ['\n{"a":1}', 'object', ['a']],
  ])('of %j is an %s with %j', async (content, root, keys) => {
    for (const size of [1, 3, 1000]) {
      const sample = await sampleOf(report(content, size));
      expect([sample.root, [...sample.keys]]).toEqual([root, keys]);
    }
  });

  it.each([
    ['<a/>', { name: 'a', namespace: '' }],
    ['\ufeff<?xml version="1.0"?><!-- <b> --><p:a xmlns:p="urn:x" b=">"><c/>', { name: 'a', namespace: 'urn:x' }],
    ['<a xmlns="urn:x">\n<b xmlns="urn:y"/></a>', { name: 'a', namespace: 'urn:x' }],
    // Never a document type: what comes behind it may be anything.
    ['<!DOCTYPE a [<!ENTITY b "<c>">]><a/>', undefined],
    ['<p:a/>', undefined],
    ['<a b=&lol;>', undefined],
    ['<a', undefined],
    ['<>', undefined],
  ])('of %j has the root element %j', async (content, element) => {
    expect(await sampleOf(report(content))).toMatchObject({ root: 'xml' });
    expect((await sampleOf(report(content))).element).toEqual(element);
  });

  it.each([
    ['{"a":1} x', 'report.not-json'],
    ['{"a":1}\n[2]', 'report.not-json'],
    ['{"a":1}\n2', 'report.not-json'],
    ['{"a":', 'report.truncated'],
  ])('of %j fails with %s', async (content, code) => {
    await expect(sampleOf(report(content))).rejects.toMatchObject({ code });
  });

  it('takes nothing from a source that uses one buffer for all its chunks', async () => {
    const bytes = Buffer.from('<a><b/></a>');
    const open = async function* () {
      const chunk = Buffer.alloc(1);
      for (const byte of bytes) {
        chunk[0] = byte;
        yield chunk;
      }
    };
    expect(await sampleOf({ open, sourceRoot: '' })).toMatchObject({ text: '<a><b/></a>', element: { name: 'a' } });
  });

  it('reads no more of lines than it must', async () => {
    const long = report(Array.from({ length: 50_000 }, (_, index) => JSON.stringify({ index })).join('\n'));
    expect((await sampleOf(long)).root).toBe('lines');
    expect(long.chunksRead()).toBeLessThan(100);
  });

  it('reads no more of a list than its first element, twice', async () => {
    const long = report(JSON.stringify(Array.from({ length: 50_000 }, (_, index) => ({ index }))));
    await sampleOf(long);
    expect(long.chunksRead()).toBeLessThan(100);
  });
});

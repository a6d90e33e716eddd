import { describe, expect, it } from '@jest/globals';
import { batchOf, contextWith } from '../../testing/batch-of.ts';
import { found, image, judged, readVex } from '../../testing/judge-by-vex.ts';
import { vex } from './index.ts';

const openvex = await readVex('openvex');
const log4j = 'pkg:maven/org.apache.logging.log4j/log4j-core';

describe('the step vex', () => {
  it('lets the newest statement of several documents win', async () => {
    const newer = openvex.replaceAll('2026-01-10', '2026-06-01').replace('"not_affected"', '"affected"');
    const finding = found('CVE-2021-44228', `${log4j}@2.14.1`);
    for (const texts of [
      [openvex, newer],
      [newer, openvex],
    ]) {
      expect((await judged(texts, [finding])).deltas).toMatchObject([{ annotations: { 'vex.status': 'affected' } }]);
    }
  });

  it('takes the later of two of one time, and what is about this version before what is about any', async () => {
    const of = (...statements: [status: string, purl: string][]) =>
      JSON.stringify({
        '@context': 'https://openvex.dev/ns/v0.2.0',
        statements: statements.map(([status, id]) => ({
          vulnerability: { name: 'CVE-1' },
          products: [{ '@id': id }],
          status,
        })),
      });
    const statusIn = async (text: string) =>
      (await judged([text], [found('CVE-1', 'pkg:npm/a@1')])).deltas[0]?.annotations?.['vex.status'];
    expect(await statusIn(of(['affected', 'pkg:npm/a'], ['not_affected', 'pkg:npm/a']))).toBe('not_affected');
    expect(await statusIn(of(['not_affected', 'pkg:npm/a'], ['affected', 'pkg:npm/a']))).toBe('affected');
    expect(await statusIn(of(['fixed', 'pkg:npm/a@1'], ['affected', 'pkg:npm/a']))).toBe('fixed');
  });

  it('takes a short document as it is', async () => {
    const content = JSON.stringify(JSON.parse(openvex));
    const prepared = await vex.prepare(vex.params.parse({ content }), contextWith().context);
    expect(vex.run(batchOf([found('CVE-2021-44228', `${log4j}@2.14.1`)]), prepared, new Date(0))).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ['no JSON', 'rules: []', 'vex.invalid'],
    ['another JSON', '{"a": 1}', 'vex.invalid'],
    ['a list', '[]', 'vex.invalid'],
    ['nesting without end', '['.repeat(1_000_000), 'vex.invalid'],
    [
      'more products than can be kept',
      JSON.stringify({
        '@context': 'https://openvex.dev/ns',
        statements: Array(21).fill({ vulnerability: 'CVE-1', status: 'fixed', products: Array(10_000).fill('') }),
      }),
      'vex.too-large',
    ],
    [
      'more names than can be kept',
      JSON.stringify({
        '@context': 'https://openvex.dev/ns',
        statements: [
          {
            vulnerability: { aliases: Array.from({ length: 1000 }, (_, n) => `A${n}`) },
            status: 'fixed',
            products: Array(201).fill(''),
          },
        ],
      }),
      'vex.too-large',
    ],
    [
      'products of a document that count for each statement',
      JSON.stringify({
        '@context': 'https://openvex.dev/ns',
        products: Array(10_000).fill(''),
        statements: Array(10_000).fill({ vulnerability: 'CVE-1', status: 'fixed' }),
      }),
      'vex.too-large',
    ],
    [
      'groups of products that are named again and again',
      JSON.stringify({
        document: { csaf_version: '2.0' },
        product_tree: { product_groups: [{ group_id: 'g', product_ids: Array(10_000).fill('p') }] },
        vulnerabilities: [{ cve: 'CVE-1', flags: Array(10_000).fill({ label: 'x', group_ids: ['g'] }) }],
      }),
      'vex.too-large',
    ],
    ['a document without end', ' '.repeat(16 * 1024 * 1024 + 1), 'vex.too-large'],
  ])('refuses %s', async (_, text, code) => {
    await expect(judged([text], [])).rejects.toMatchObject({ code });
  });

  it.each<[string, string]>([
    [
      'a tree that is deep',
      `{"document":{"csaf_version":"2.0"},"product_tree":{"branches":[${'{"branches":['.repeat(5000)}${']}'.repeat(5000)}]}}`,
    ],
    [
      'components that are deep',
      `{"bomFormat":"CycloneDX","components":[${'{"components":['.repeat(5000)}${']}'.repeat(5000)}]}`,
    ],
    [
      'members of other types',
      '{"@context":["https://openvex.dev/ns"],"statements":[1,null,{"status":"fixed","vulnerability":{"name":["x"]},"products":{}}]}',
    ],
    [
      'ids of prototypes',
      '{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"__proto__","analysis":{"state":"constructor"},"affects":[{"ref":"__proto__"}]}]}',
    ],
    [
      'a tree of other types',
      '{"document":{"csaf_version":"2.0"},"product_tree":[],"vulnerabilities":[{"cve":"CVE-1","product_status":[["x"]]},7]}',
    ],
  ])('says nothing of findings by %s', async (_, text) => {
    expect((await judged([text], [found('CVE-1', 'pkg:npm/a@1'), found('__proto__')])).deltas).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['needs blob', {}],
    ['must be digests', { blob: 'sha256:12' }],
    ['must be digests', { blob: ' ' }],
    ['at most 16', { blob: Array(17).fill(image('1')).join('+') }],
    ['url', { blob: image('1'), url: 'x' }],
  ])('refuses wrong parameters: %s', (sentence, params) => {
    expect(() => vex.params.parse(params)).toThrow(sentence);
  });
});

import { type Enrichment, recordsOf, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { batchOf, contextWith } from '../../testing/batch-of.ts';
import { policy } from './index.ts';

const { LOW, HIGH } = Severity;
const at = new Date('2026-06-01T00:00:00Z');
const file = `
rules:
  - name: known
    when: '"kev.added" in finding.annotations'
    severity: critical
  - name: tests
    when: finding.path.startsWith("test/")
    suppress: { reason: not shipped, expires: 2026-12-31 }
`;
const kev: Enrichment = {
  step: 'exploit',
  positions: [2],
  annotations: { 'kev.added': '2024-01-01' },
  owners: [],
  severity: Severity.UNSPECIFIED,
  anyTool: false,
};
const findings = ['test/a.js', 'src/b.js', 'test/c.js', 'test/d.js'].map((path) => ({
  severity: HIGH,
  location: { path },
}));

describe('the step policy', () => {
  it('gives what the same rules decided as one delta, and sees what other steps added', async () => {
    const { context, digests } = contextWith(file);
    const prepared = await policy.prepare({ blob: digests[0] }, context);
    const none: Enrichment = { ...kev, positions: [], annotations: { x: 'y' } };
    expect(policy.run(batchOf(findings, { enrichments: [none, kev] }), prepared, at)).toEqual([
      {
        positions: [0, 3],
        suppression: { kind: 'policy', justification: 'not shipped' },
        annotations: { 'policy.tests': 'suppressed until 2026-12-31' },
      },
      { positions: [2], severity: Severity.CRITICAL, annotations: { 'policy.known': 'severity critical' } },
    ]);
  });

  it('adds what a record shows', async () => {
    const prepared = await policy.prepare(
      { content: file.replace('"kev.added" in finding.annotations', 'false') },
      contextWith().context,
    );
    const batch = batchOf(findings.slice(0, 1));
    const enrichments = policy
      .run(batch, prepared, at)
      .map((delta) => ({ ...kev, annotations: {}, ...delta, step: 'policy' }) as Enrichment);
    expect(recordsOf({ ...batch, enrichments })).toMatchObject([
      {
        suppression: { kind: 'policy', justification: 'not shipped' },
        annotations: { 'policy.tests': 'suppressed until 2026-12-31' },
      },
    ]);
  });

  it('says nothing where no rule applies', async () => {
    const prepared = await policy.prepare(
      { content: 'rules: [{ name: a, when: finding.severity == "low", severity: info }]' },
      contextWith().context,
    );
    expect(policy.run(batchOf(findings), prepared, at)).toEqual([]);
    expect(policy.run(batchOf([{ severity: LOW }]), prepared, at)).toHaveLength(1);
  });

  it.each([
    ['fails on a finding', 'finding.purl == "x"', 'rule "a" (line 1 of the policy) fails on finding 01010101'],
    ['never ends', 'finding.title.matches("^(a+)+$")', 'took longer than 1000 ms'],
  ])('is an error when a rule %s', async (_, when, sentence) => {
    const document = JSON.stringify({ rules: [{ name: 'a', when, severity: 'low' }] });
    const prepared = await policy.prepare({ content: document }, contextWith().context);
    const run = () => policy.run(batchOf([{ title: `${'a'.repeat(40)}!` }]), prepared, at);
    expect(run).toThrow(expect.objectContaining({ code: 'policy.rule', message: expect.stringContaining(sentence) }));
  });

  it('is told of a wrong document before any batch', async () => {
    await expect(async () => policy.prepare({ content: 'rules: 1' }, contextWith().context)).rejects.toMatchObject({
      code: 'policy.invalid',
    });
  });
});

import type { FindingRecord } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { compileTemplates } from '../../template.ts';
import { findingItem } from '../../testing/sink-context.ts';
import { type FieldOptions, fieldsOf, labelOf } from './issue-fields.ts';

const options: FieldOptions = {
  edition: 'data-center',
  project: 'SEC',
  issueType: 'Bug',
  labels: ['security', 'assay'],
  priorities: { high: 'High' },
  fields: {},
  templates: {},
  link: () => undefined,
};
const record = (change: Partial<FindingRecord> = {}) => findingItem(1, 'G101', change).finding as FindingRecord;

describe('an issue', () => {
  it('says what is known of the finding', () => {
    const finding = record({
      title: 'Hard-coded credential',
      description: 'Do not.',
      path: 'a.go',
      startLine: 3,
      snippet: 'key := "x"',
      cves: ['CVE-2021-1'],
      cwes: [798],
      cvss: { score: 7.5 },
      references: ['https://example.com/G101', 'javascript:alert(1)'],
    });
    const { created, followed } = fieldsOf({ ...options, link: () => 'https://git.example.com/a.go' })(finding);
    expect(created).toEqual({
      project: { key: 'SEC' },
      issuetype: { name: 'Bug' },
      labels: ['assay', labelOf(finding), 'security'],
      priority: { name: 'High' },
      summary: 'Hard-coded credential in a.go:3 (gosec G101)',
      description: [
        'Do not.',
        [
          '* *Severity:* high &#40;CVSS 7.5&#41;',
          '* *Found by:* gosec G101',
          '* *Target:* shop',
          '* *Place:* a.go&#58;3',
          '* *Vulnerabilities:* CVE&#45;2021&#45;1',
          '* *Weaknesses:* CWE&#45;798',
          '* *Finding:* G101',
        ].join('\n'),
        '{noformat}\nkey := "x"\n{noformat}',
        '* https://git.example.com/a.go\n* https://example.com/G101',
      ].join('\n\n'),
    });
    expect(Object.keys(followed).sort()).toEqual(['description', 'priority', 'summary']);
  });

  it('takes words and fields of the sink’s own, in which a value is never markup', () => {
    const fields = { components: [{ name: 'scan' }], customfield_1: '{{tool}}: {{title}}', customfield_2: 7 };
    const templates = compileTemplates({ summary: '{{rule}}\n{{title}}', description: 'See {{title}}' }, [
      'summary',
      'description',
    ]);
    const finding = record({ title: '*x* [~admin] https://evil.example.com {html}' });
    const { created } = fieldsOf({ ...options, fields, templates })(finding);
    expect(created).toMatchObject({
      summary: 'G101 *x* [~admin] https://evil.example.com {html}',
      description: expect.stringMatching(/^See &#42;x&#42; &#91;&#126;admin/),
      components: [{ name: 'scan' }],
      customfield_1: 'gosec: x admin https evil.example.com html',
      customfield_2: 7,
    });
  });

  it('has no priority for a severity without one', () => {
    expect(fieldsOf(options)(record({ severity: 'low' })).created).not.toHaveProperty('priority');
  });

  it.each([
    ['cloud', 32_767],
    ['data-center', 32_767],
  ] as const)('stays within what Jira takes (%s)', (edition, most) => {
    const long = '*'.repeat(100_000);
    const finding = record({ title: long, description: long, snippet: long, path: long, purl: long, cves: [long] });
    const { created } = fieldsOf({ ...options, edition })(finding);
    const { summary, description } = created as { summary: string; description: unknown };
    expect(summary.length).toBeLessThanOrEqual(255);
    const text = typeof description === 'string' ? description : JSON.stringify(description);
    expect(text.length).toBeLessThan(most);
  });

  it('has texts also where the finding has none', () => {
    const { created } = fieldsOf({ ...options, edition: 'cloud' })(
      record({ title: '\u0000', rule: ' ', snippet: ' \n' }),
    );
    expect((created as { summary: string }).summary).not.toBe('');
    expect(JSON.stringify(created)).not.toContain('"text":""');
  });

  it('is found by a label that is the finding’s own', () => {
    const labels = [
      record(),
      record({ target: 'b' }),
      record({ tool: 'b' }),
      record({ id: 'b' }),
      record({ title: 'b' }),
    ];
    expect(new Set(labels.map(labelOf)).size).toBe(4);
    expect(labelOf(record())).toMatch(/^assay-[0-9a-f]{32}$/);
  });

  it('has a digest that changes with what is told, and with nothing else', () => {
    const digests = [{}, { run: 'r2' }, { transition: 'recurred' }, { title: 'Other' }, { severity: 'low' }].map(
      (change) => fieldsOf(options)(record(change)).digest,
    );
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).toBe(digests[0]);
    expect(new Set(digests).size).toBe(3);
  });
});

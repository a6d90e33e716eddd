// What a person does with enrichment steps: files into the blob store, their digests into the steps of a report.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindingRecord } from '@assay/contracts';
import { newHome, type TestHome } from '@assay/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

let test: TestHome;
beforeAll(async () => {
  test = await newHome();
  await test.start();
});
afterAll(() => test.remove());

const vulnerable = (id: string, purl: string) => ({
  id,
  ratings: [{ severity: 'medium' }],
  affects: [{ ref: purl }],
});
const component = (purl: string) => ({ type: 'library', name: purl, 'bom-ref': purl, purl });
const purls = ['pkg:npm/a@1.0.0', 'pkg:npm/b@1.0.0', 'pkg:npm/c@1.0.0'];
const report = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  components: purls.map(component),
  vulnerabilities: purls.map((purl, index) => vulnerable(`CVE-2024-000${index}`, purl)),
};
const files = {
  'report.json': JSON.stringify(report),
  'epss.csv': 'cve,epss,percentile\nCVE-2024-0000,0.9,0.99\n',
  'kev.json': JSON.stringify({
    vulnerabilities: [{ cveID: 'CVE-2024-0001', dateAdded: '2024-01-01', dueDate: '2024-02-01' }],
  }),
  'vex.json': JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    statements: [
      {
        vulnerability: { name: 'CVE-2024-0002' },
        products: [{ '@id': 'pkg:npm/c' }],
        status: 'not_affected',
        justification: 'component_not_present',
      },
    ],
  }),
  'policy.yaml': `rules:
  - name: likely
    when: '"epss.score" in finding.annotations && double(finding.annotations["epss.score"]) > 0.5'
    suppress: { reason: accepted for now, expires: 2099-12-31 }
`,
};

it('enriches a report by files that were put into the blob store', async () => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(test.home, name), text);
  const put = async (name: string) => {
    const { code, stdout, stderr } = await test.assay('blob', 'put', join(test.home, name));
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trim();
  };
  const [epss, kev, vex, policy] = await Promise.all(['epss.csv', 'kev.json', 'vex.json', 'policy.yaml'].map(put));
  const steps = [`exploit:epss=${epss},kev=${kev},raise=critical`, `vex:blob=${vex}`, `policy:blob=${policy}`];
  const submitted = await test.assay(
    ...['report', 'submit', '--wait', '--format', 'cyclonedx', '--target', 'shop'],
    ...steps.flatMap((step) => ['--step', step]),
    join(test.home, 'report.json'),
  );
  expect(submitted).toMatchObject({ code: 0 });
  const listed = await test.assay('finding', 'ls', '--state', 'all', '-o', 'json');
  const found = (JSON.parse(listed.stdout) as (FindingRecord & { state: string })[])
    .filter(({ kind }) => kind === 'vulnerability')
    .map(({ rule, state, severity, suppression, annotations }) => ({ rule, state, severity, suppression, annotations }))
    .toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
  expect(found).toEqual([
    {
      rule: 'CVE-2024-0000',
      state: 'suppressed',
      severity: 'medium',
      suppression: { kind: 'policy', justification: 'accepted for now' },
      annotations: {
        'epss.score': '0.9',
        'epss.percentile': '0.99',
        'policy.likely': 'suppressed until 2099-12-31',
      },
    },
    {
      rule: 'CVE-2024-0001',
      state: 'open',
      severity: 'critical',
      suppression: undefined,
      annotations: { 'kev.added': '2024-01-01', 'kev.due': '2024-02-01', 'kev.ransomware': 'unknown' },
    },
    {
      rule: 'CVE-2024-0002',
      state: 'suppressed',
      severity: 'medium',
      suppression: { kind: 'vex', justification: 'component_not_present' },
      annotations: {
        'vex.status': 'not_affected',
        'vex.vulnerability': 'CVE-2024-0002',
        'vex.justification': 'component_not_present',
      },
    },
  ]);
  const explained = await test.assay(
    ...['explain', 'policy', join(test.home, 'policy.yaml'), '--report', join(test.home, 'report.json')],
  );
  expect(explained).toMatchObject({ code: 0, stderr: 'rules apply to 0 of 6 findings\n' });
});

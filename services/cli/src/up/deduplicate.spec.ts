// One vulnerability that three scanners report is one finding with three witnesses, from their real reports on.
import { readFile, writeFile } from 'node:fs/promises';
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

const adapters = join(import.meta.dirname, '../../../producer/src/adapters');
const vulnerability = 'CVE-2021-23358';
/** OSV-Scanner alone sees version 1.9.1 too, as a second finding. */
const purl = 'pkg:npm/underscore@1.8.3';

interface Tool {
  name: string;
  fixture: string;
  sourceRoot?: string;
  /** Takes what the tool says of a package out of its report. */
  without(report: Record<string, unknown>, name: string): void;
}

const tools: Tool[] = [
  {
    name: 'osv-scanner',
    fixture: 'nodegoat.json',
    sourceRoot: '/workspace/source/nodegoat',
    without: (report, name) => {
      for (const result of report['results'] as { packages: { package: { name: string } }[] }[])
        result.packages = result.packages.filter((each) => each.package.name !== name);
    },
  },
  {
    name: 'trivy',
    fixture: 'fs.json',
    without: (report, name) => {
      for (const result of report['Results'] as { Vulnerabilities?: { PkgName: string }[] }[])
        if (result.Vulnerabilities)
          result.Vulnerabilities = result.Vulnerabilities.filter(({ PkgName }) => PkgName !== name);
    },
  },
  {
    name: 'npm-audit',
    fixture: 'npm-6.json',
    without: (report, name) => {
      const advisories = Object.entries(report['advisories'] as Record<string, { module_name: string }>);
      report['advisories'] = Object.fromEntries(advisories.filter(([, each]) => each.module_name !== name));
    },
  },
];

async function submit(tool: Tool, isThere: boolean): Promise<void> {
  const report = JSON.parse(await readFile(join(adapters, tool.name, 'fixtures', tool.fixture), 'utf8'));
  if (!isThere) tool.without(report, 'underscore');
  const file = join(test.home, `${tool.name}.json`);
  await writeFile(file, JSON.stringify(report));
  const words = ['report', 'submit', '--wait', '--format', tool.name, '--target', 'shop', '--step', 'deduplicate'];
  if (tool.sourceRoot) words.push('--source-root', tool.sourceRoot);
  const { code, stderr } = await test.assay(...words, file);
  expect([tool.name, code, stderr]).toEqual([tool.name, 0, expect.any(String)]);
}

async function found(): Promise<string[]> {
  const listed = await test.assay('finding', 'ls', '--state', 'all', '-o', 'json');
  return (JSON.parse(listed.stdout) as (FindingRecord & { state: string })[])
    .filter((each) => each.cves?.includes(vulnerability) && each.purl === purl)
    .map(({ state, tool, annotations }) => `${state} ${tool} (${annotations?.['witnesses']})`);
}

it('is opened by the first, fixed by the last and shown once', async () => {
  const said: string[][] = [];
  for (const tool of tools) {
    await submit(tool, true);
    said.push(await found());
  }
  for (const tool of tools) {
    await submit(tool, false);
    said.push(await found());
  }
  const all = 'npm-audit, osv-scanner, trivy';
  expect(said).toEqual([
    ['open osv-scanner (osv-scanner)'],
    ['open osv-scanner (osv-scanner, trivy)'],
    [`open osv-scanner (${all})`],
    [`open osv-scanner (${all})`],
    [`open osv-scanner (${all})`],
    [`fixed osv-scanner (${all})`],
  ]);
}, 120_000);

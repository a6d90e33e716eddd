import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import Ajv from 'ajv';
import type { FindingRecord } from './record.ts';
import { sarifLog } from './sarif.ts';

const require = createRequire(import.meta.url);
// OASIS sarif-schema-2.1.0 (errata 01), descriptions taken out.
const schema = require('./fixtures/sarif-schema-2.1.0.json') as object;
const ajv = new Ajv({ schemaId: 'auto', unknownFormats: 'ignore' });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json') as object);
const isValid = ajv.compile(schema);

const plain: FindingRecord = {
  id: '0123456789abcdef0123456789abcdef',
  target: 'shop',
  tool: 'gosec',
  rule: 'G404',
  title: 'Weak random number generator',
  severity: 'high',
};

const full: FindingRecord = {
  ...plain,
  id: 'ffffffffffffffffffffffffffffffff',
  revision: 'c0ffee',
  toolVersion: '2.22.0',
  description: 'math/rand is predictable.',
  confidence: 'medium',
  kind: 'weakness',
  cvss: { score: 7.4, vector: 'CVSS:3.1/AV:N' },
  cves: ['CVE-2021-44228'],
  cwes: [338, 79],
  path: './cmd/a b#c/x:y.go',
  startLine: 3,
  endLine: 4,
  startColumn: 2,
  endColumn: 9,
  snippet: 'rand.Int()',
  purl: 'pkg:golang/acme/shop@1.0.0',
  digest: 'sha256:00',
  references: ['see the manual', 'https://cwe.mitre.org/data/definitions/338.html'],
  properties: { nosec: 'false' },
  suppression: { kind: 'in-source', justification: 'a test' },
  owners: ['@acme/go'],
  annotations: { team: 'go' },
  transition: 'opened',
};

function runOf(...findings: FindingRecord[]) {
  const log = sarifLog(findings);
  const [run] = log.runs;
  if (!run) throw new Error('no run');
  return run;
}

function resultOf(finding: FindingRecord) {
  const [result] = runOf(finding).results;
  if (!result) throw new Error('no result');
  return result;
}

describe('sarifLog', () => {
  it.each<[string, FindingRecord[]]>([
    ['no finding', []],
    ['a finding with only what is required', [plain]],
    ['a finding with everything', [full]],
    ['findings of several tools', [plain, full, { ...plain, tool: 'bandit' }]],
    ['texts that are empty', [{ ...plain, rule: '', title: '', tool: '' }]],
    ['columns that end before they start', [{ ...full, endLine: 3, startColumn: 9, endColumn: 2 }]],
    ['a line that ends before it starts', [{ ...full, endLine: 1 }]],
    ['an absolute path', [{ ...plain, path: '/usr/lib/a.py' }]],
    ['a package without a file', [{ ...plain, purl: 'pkg:npm/left-pad@1.0.0' }]],
    ['a path with half a surrogate pair', [{ ...plain, path: 'a\ud800.js' }]],
  ])('is valid against the schema for %s', (_, findings) => {
    isValid(sarifLog(findings));
    expect(isValid.errors ?? []).toEqual([]);
  });

  it('is refused by the schema when it is broken, so that the check above means something', () => {
    expect(isValid({ ...sarifLog([plain]), version: '2.0' })).toBe(false);
    expect(isValid({ version: '2.1.0', runs: [{ results: [] }] })).toBe(false);
  });

  it('makes one run a tool, in the order the tools come', () => {
    const log = sarifLog([plain, { ...plain, tool: 'bandit' }, full]);
    expect(log.runs.map((run) => [run.tool.driver.name, run.results.length])).toEqual([
      ['gosec', 2],
      ['bandit', 1],
    ]);
  });

  it('collects each rule once and points at it', () => {
    const run = runOf(plain, { ...plain, rule: 'G101' }, full);
    expect(run.tool.driver.rules.map((rule) => rule.id)).toEqual(['G404', 'G101']);
    expect(run.results.map((result) => result.ruleIndex)).toEqual([0, 1, 0]);
    expect(run.tool.driver.version).toBe('2.22.0');
  });

  it('says of a rule what its findings say together', () => {
    expect(runOf(plain, full).tool.driver.rules[0]).toEqual({
      id: 'G404',
      shortDescription: { text: 'Weak random number generator' },
      fullDescription: { text: 'math/rand is predictable.' },
      helpUri: 'https://cwe.mitre.org/data/definitions/338.html',
      defaultConfiguration: { level: 'error' },
      properties: {
        tags: ['security', 'external/cwe/cwe-338', 'external/cwe/cwe-079'],
        'security-severity': '8.0',
      },
    });
  });

  it.each([
    ['critical', undefined, 'error', '9.5'],
    ['critical', 9.8, 'error', '9.8'],
    ['critical', 4.2, 'error', '9.5'],
    ['high', 7.1, 'error', '7.1'],
    ['medium', undefined, 'warning', '5.5'],
    ['low', undefined, 'note', '2.0'],
    ['info', undefined, 'note', undefined],
    ['unspecified', 9.8, 'warning', undefined],
  ])('turns severity %s with score %s into level %s and security-severity %s', (severity, score, level, expected) => {
    const finding = { ...plain, severity, ...(score ? { cvss: { score } } : {}) };
    expect(resultOf(finding).level).toBe(level);
    expect(runOf(finding).tool.driver.rules[0]?.properties['security-severity']).toBe(expected);
  });

  it('takes the worst of a rule, whatever the order', () => {
    const low = { ...plain, severity: 'low' };
    for (const findings of [
      [low, plain],
      [plain, low],
    ]) {
      expect(runOf(...findings).tool.driver.rules[0]).toMatchObject({
        defaultConfiguration: { level: 'error' },
        properties: { 'security-severity': '8.0' },
      });
    }
  });

  it('gives each result its identity as fingerprint', () => {
    expect(resultOf(full).partialFingerprints).toEqual({ 'assayIdentity/v1': full.id });
  });

  it.each([
    ['src/a.ts', 'src/a.ts'],
    ['./src/a.ts', 'src/a.ts'],
    ['a b/C#/100%.cs', 'a%20b/C%23/100%25.cs'],
    ['x:y.go', 'x%3Ay.go'],
    ['ü.py', '%C3%BC.py'],
    ['/usr/lib/a.py', 'file:///usr/lib/a.py'],
  ])('writes the path %s as the uri %s', (path, uri) => {
    expect(resultOf({ ...plain, path }).locations).toEqual([{ physicalLocation: { artifactLocation: { uri } } }]);
  });

  it.each([
    ['in-source', 'inSource'],
    ['external', 'external'],
    ['policy', 'external'],
    ['vex', 'external'],
  ])('says a suppression "%s" as "%s"', (kind, expected) => {
    expect(resultOf({ ...plain, suppression: { kind } }).suppressions).toEqual([
      { kind: expected, status: 'accepted' },
    ]);
  });

  it.each([
    ['opened', 'new'],
    ['reopened', 'new'],
    ['recurred', 'unchanged'],
    ['fixed', 'absent'],
  ])('says %s as baseline state %s', (transition, state) => {
    expect(resultOf({ ...plain, transition }).baselineState).toBe(state);
  });

  it('says no baseline state when a result of the run has none', () => {
    expect(runOf(full, plain).results.map((result) => result.baselineState)).toEqual([undefined, undefined]);
  });
});

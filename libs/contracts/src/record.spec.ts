import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../generated/messages.ts';
import { type Batch, batchType, findingType } from './batch.ts';
import type { Draft } from './message.ts';
import { recordAt, recordsOf, toRecord } from './record.ts';

const full: Draft<Finding> = {
  rule: 'CVE-2021-44228',
  title: 'Remote code execution',
  description: 'in log4j',
  severity: 5,
  confidence: 3,
  kind: 2,
  cvss: { score: 10, vector: 'CVSS:3.1/AV:N' },
  cves: ['CVE-2021-44228'],
  cwes: [502],
  location: { path: 'pom.xml', startLine: 3, endLine: 4, startColumn: 5, endColumn: 6, snippet: '<log4j>' },
  purl: 'pkg:maven/log4j',
  digest: 'sha256:00',
  references: ['https://example.org'],
  properties: { scope: 'runtime' },
  suppression: { kind: 'in-source', justification: 'known' },
  enrichments: [{ step: 'tool', owners: ['@a'], annotations: { tier: '1', team: 'a' } }],
};

const batchOf = (findings: Draft<Finding>[], more: Draft<Batch> = {}): Batch =>
  batchType.create({
    reportId: 'report',
    runId: 'run',
    target: { name: 'shop' },
    revision: 'abc',
    tool: { name: 'trivy', version: '1' },
    findings: findings.map((finding) => findingType.encode(finding)),
    identities: new Uint8Array(16 * findings.length).fill(1),
    severities: Uint8Array.from(findings, ({ severity }) => severity ?? 0),
    transition: 1,
    ...more,
  });

const whole = {
  id: '01'.repeat(16),
  target: 'shop',
  revision: 'abc',
  tool: 'trivy',
  toolVersion: '1',
  rule: 'CVE-2021-44228',
  title: 'Remote code execution',
  description: 'in log4j',
  severity: 'critical',
  confidence: 'high',
  kind: 'vulnerability',
  cvss: { score: 10, vector: 'CVSS:3.1/AV:N' },
  cves: ['CVE-2021-44228'],
  cwes: [502],
  path: 'pom.xml',
  startLine: 3,
  endLine: 4,
  startColumn: 5,
  endColumn: 6,
  snippet: '<log4j>',
  purl: 'pkg:maven/log4j',
  digest: 'sha256:00',
  references: ['https://example.org'],
  properties: { scope: 'runtime' },
  suppression: { kind: 'in-source', justification: 'known' },
  owners: ['@a'],
  annotations: { tier: '1', team: 'a' },
  transition: 'opened',
  run: 'run',
  report: 'report',
};

describe('a record of a finding', () => {
  it('has every member that is known, in the order of its documentation', () => {
    expect(JSON.stringify(recordAt(batchOf([full]), 0))).toBe(JSON.stringify(whole));
  });

  it('leaves out what is not known', () => {
    expect(recordsOf(batchOf([{}], { revision: '', tool: undefined, runId: '', transition: 0 }))).toEqual([
      { id: whole.id, target: 'shop', severity: 'unspecified', report: 'report' },
    ]);
  });

  it.each([
    ['a score without its vector', { cvss: { score: 7.5 } }, { cvss: { score: 7.5 } }],
    ['a vector without its score', { cvss: { vector: 'AV:N' } }, { cvss: { vector: 'AV:N' } }],
    ['an empty score', { cvss: {} }, {}],
    ['an empty location', { location: {} }, {}],
    ['a suppression without a reason', { suppression: { kind: 'vex' } }, { suppression: { kind: 'vex' } }],
    ['an empty suppression', { suppression: {} }, {}],
  ])('of %s has no empty members', (_, finding, members) => {
    const { id, target, severity } = whole;
    const context = { target, revision: '', tool: '', toolVersion: '', transition: '', run: '', report: '' };
    const record = { id, target, severity, ...members };
    expect(toRecord(id, findingType.create({ ...finding, severity: 5 }), context)).toEqual(record);
    expect(recordAt(batchOf([{ ...finding, severity: 5 }]), 0)).toMatchObject(record);
  });

  it('joins what the steps added, the last word being the last step’s', () => {
    const enrichments = [
      { step: 'annotate', annotations: { team: 'b' }, owners: ['@a', '@b'] },
      { step: 'policy', positions: [0], suppression: { kind: 'policy' } },
      { step: 'other', positions: [1], owners: ['@c'] },
    ];
    const [first, second] = recordsOf(batchOf([full, {}], { enrichments, severities: Uint8Array.of(1, 4) }));
    expect(first).toMatchObject({
      severity: 'info',
      owners: ['@a', '@b'],
      annotations: { tier: '1', team: 'b' },
      suppression: { kind: 'policy' },
    });
    expect(second).toMatchObject({ severity: 'high', owners: ['@a', '@b', '@c'], annotations: { team: 'b' } });
    expect(second).not.toHaveProperty('suppression');
  });
});

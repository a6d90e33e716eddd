import { describe, expect, it } from '@jest/globals';
import { findingBatchType, findingType } from './batch.ts';
import { messageType } from './message.ts';

const reportType = messageType('ReportSubmitted');

describe('messages', () => {
  it('are total when decoded: every scalar, list and map is there', () => {
    const finding = findingType.decode(findingType.encode({ rule: 'G101' }));
    expect(finding).toMatchObject({ rule: 'G101', title: '', severity: 0, cves: [], properties: {} });
    expect('location' in finding).toBe(false);
  });

  it('come back from the wire as they went', () => {
    const finding = findingType.create({
      rule: 'r',
      severity: 4,
      cves: ['CVE-2021-44228'],
      cwes: [79],
      location: { path: 'a.js', startLine: 3 },
      cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N' },
      properties: { k: 'v' },
      enrichments: [{ step: 'annotate', annotations: { team: 'web' } }],
    });
    expect(findingType.decode(findingType.encode(finding))).toEqual(finding);
  });

  it('come back from JSON as they went, enums by name and bytes as base64', () => {
    const batch = findingBatchType.create({
      reportId: 'r',
      findings: [{ rule: 'x', severity: 5 }],
      identities: new Uint8Array([1, 2]),
      transition: 1,
    });
    const json = findingBatchType.toJson(batch);
    expect(json).toMatchObject({
      identities: 'AQI=',
      transition: 'TRANSITION_OPENED',
      findings: [{ severity: 'SEVERITY_CRITICAL' }],
    });
    const back = findingBatchType.fromJson(JSON.parse(JSON.stringify(json)));
    expect(findingBatchType.encode(back)).toEqual(findingBatchType.encode(batch));
  });

  it.each([
    ['an unknown field', { taget: { name: 'x' } }, /no field "taget"/],
    ['a wrong scalar', { format: 7 }, /ReportSubmitted\.format must be a string/],
    ['a wrong member of a sub-message', { target: { name: 1 } }, /ReportSubmitted\.target\.name/],
    ['no object', [], /must be an object/],
    ['no list', { steps: {} }, /steps must be an array/],
    ['a prototype name', JSON.parse('{"__proto__":{"polluted":true}}'), /no field "__proto__"/],
    ['an unknown severity', { findings: [{ severity: 'SEVERITY_AWFUL' }] }, /must be one of SEVERITY_UNSPECIFIED/],
  ])('refuse JSON with %s and say where', (_, json, sentence) => {
    const type = 'findings' in json ? findingBatchType : reportType;
    expect(() => type.fromJson(json)).toThrow(sentence);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuse bytes that are none of theirs', () => {
    expect(() => reportType.decode(new Uint8Array([0xff, 0xff, 0xff]))).toThrow();
  });
});

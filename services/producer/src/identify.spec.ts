import { describe, expect, it } from '@jest/globals';
import { baseIdentity, Identities, type IdentityParts, purlName } from './identify.ts';

const code: IdentityParts = {
  target: 'github.com/acme/shop',
  within: '',
  tool: 'gosec',
  rule: 'G401',
  cves: [],
  purl: '',
  path: 'a/b.go',
  fingerprint: '',
  content: '\thasher := md5.New()',
  title: 'Use of weak cryptographic primitive',
};
const vulnerable: IdentityParts = {
  ...code,
  cves: ['CVE-2021-23337'],
  purl: 'pkg:npm/lodash@4.17.20',
  path: 'package.json',
  content: '',
};
const hex = (identity: string) => Buffer.from(identity, 'latin1').toString('hex');

describe('baseIdentity', () => {
  it('is 16 bytes and stays what it is from release to release', () => {
    expect(hex(baseIdentity(code))).toBe('f0bd815743bf7b29da165d472cbfcc4f');
    expect(hex(baseIdentity(vulnerable))).toBe('586b5e0509b12a3688df4a86a2dfa5a9');
  });

  it.each<[string, IdentityParts, Partial<IdentityParts>]>([
    ['white space', code, { content: 'hasher  :=\r\n md5.New()  ' }],
    ['the title, where there is content', code, { title: 'other words' }],
    ['content, where there is a fingerprint', { ...code, fingerprint: 'f' }, { content: 'other' }],
    ['the version of the package', vulnerable, { purl: 'pkg:npm/lodash@4.17.19?x=y#z' }],
    ['the tool, for a CVE of a package', vulnerable, { tool: 'trivy', rule: 'CVE-2021-23337' }],
    ['the manifest, for a package', vulnerable, { path: 'package-lock.json' }],
    ['whether the manifest is named, for a package at the root', vulnerable, { path: '' }],
    ['the order of CVEs', { ...vulnerable, cves: ['CVE-1-2', 'CVE-1-1'] }, { cves: ['CVE-1-1', 'CVE-1-2', 'CVE-1-1'] }],
    ['the case of a CVE', vulnerable, { cves: ['cve-2021-23337'] }],
  ])('does not depend on %s', (_, parts, change) => {
    expect(hex(baseIdentity({ ...parts, ...change }))).toBe(hex(baseIdentity(parts)));
  });

  it.each<[string, IdentityParts, Partial<IdentityParts>]>([
    ['target', code, { target: 'github.com/acme/shop2' }],
    ['tool', code, { tool: 'semgrep' }],
    ['rule', code, { rule: 'G402' }],
    ['path', code, { path: 'a/c.go' }],
    ['content', code, { content: 'hasher := md5.Sum()' }],
    ['title, where there is no content', { ...code, content: ' ' }, { title: 'other' }],
    ['fingerprint', { ...code, fingerprint: 'f' }, { fingerprint: 'g' }],
    ['CVE', vulnerable, { cves: ['CVE-2020-8203'] }],
    ['package', vulnerable, { purl: 'pkg:npm/lodash.merge@4.17.20' }],
    ['folder of the package', vulnerable, { path: 'web/package.json' }],
    ['part of the target', vulnerable, { within: 'shop/Deployment/web' }],
    ['rule, for a package without CVE', { ...vulnerable, cves: [] }, { rule: 'GHSA-x' }],
    ['border between fields', { ...code, tool: 'a', rule: 'bc' }, { tool: 'ab', rule: 'c' }],
    ['kind of the field', { ...code, content: 'x' }, { content: '', title: 'x' }],
  ])('depends on the %s', (_, parts, change) => {
    expect(hex(baseIdentity({ ...parts, ...change }))).not.toBe(hex(baseIdentity(parts)));
  });
});

describe('purlName', () => {
  it.each([
    ['pkg:npm/lodash@4.17.20', 'pkg:npm/lodash'],
    ['pkg:npm/%40babel/core@7.0.0?arch=x#sub/path@1', 'pkg:npm/%40babel/core'],
    ['pkg:npm/@babel/core', 'pkg:npm/@babel/core'],
    ['pkg:npm/@babel/core@7.0.0', 'pkg:npm/@babel/core'],
    ['pkg:golang/github.com/Acme/x@v1.0.0', 'pkg:golang/github.com/Acme/x'],
    ['PKG:PyPI/Django@1.0', 'pkg:pypi/Django'],
    ['pkg://npm/a@1', 'pkg:npm/a'],
    ['', ''],
  ])('of %j is %j', (purl, name) => {
    expect(purlName(purl)).toBe(name);
  });
});

describe('Identities', () => {
  const base = baseIdentity(code);
  const at = (line: number, text = 'title') => ({
    path: 'a',
    purl: '',
    span: { startLine: line, endLine: line },
    title: text,
    more: [],
  });

  it('tells equal findings apart by ordinal, the same way each time', () => {
    const first = new Identities();
    const second = new Identities();
    const identities = [1, 2, 3].map((line) => first.next(base, at(line)));
    expect(new Set(identities).size).toBe(3);
    expect(identities[0]).toBe(base);
    expect(hex(identities[1] ?? '')).toBe('9bd3cd68cf330292b3d1b91c9d241284');
    // Moved down by ten lines: the same three.
    expect([11, 12, 13].map((line) => second.next(base, at(line)))).toEqual(identities);
  });

  it('gives a finding the same identity whether records before it came twice or not', () => {
    const once = new Identities();
    const twice = new Identities();
    const expected = [1, 2].map((line) => once.next(base, at(line)));
    expect([1, 1, 2].map((line) => twice.next(base, at(line)))).toEqual([expected[0], undefined, expected[1]]);
  });

  it('finds the same record again', () => {
    const identities = new Identities();
    identities.next(base, at(1));
    identities.next(base, at(2));
    expect(identities.next(base, at(1))).toBeUndefined();
    expect(identities.next(base, at(2))).toBeUndefined();
    expect(identities.next(base, at(1, 'another title'))).toBeDefined();
    expect(identities.next(baseIdentity({ ...code, rule: 'G501' }), at(1))).toBeDefined();
  });
});

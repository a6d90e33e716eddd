import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Confidence, InvalidInput, Kind, severityNames } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { FindingDraft } from '../../adapter.ts';
import { recognise } from '../../sniff.ts';
import { parseContent } from '../../testing/parse-fixture.ts';
import { type ReadOptions, type ReadReport, readReport } from '../../testing/read-report.ts';
import { adapters } from '../by-name.ts';
import { sarif } from './index.ts';

const fixture = (name: string) => readFile(join(import.meta.dirname, 'fixtures', name));

async function read(content: string | Uint8Array | object, options?: ReadOptions): Promise<ReadReport> {
  const text = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  const report = await readReport(sarif, text, options);
  expect(report.unexplained).toBe(0);
  return report;
}

function bySeverity(drafts: readonly FindingDraft[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity } of drafts) {
    const name = severityNames.of(severity ?? 0);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** A report of one run. */
function log(run: object, results: unknown = [{}]): object {
  return { version: '2.1.0', runs: [{ tool: { driver: { name: 'Demo' } }, results, ...run }] };
}

async function one(run: object, result: object, options?: ReadOptions): Promise<FindingDraft> {
  const { drafts } = await read(log(run, [result]), options);
  const [draft] = drafts;
  if (!draft || drafts.length !== 1) throw new Error(`one finding expected, not ${drafts.length}`);
  return draft;
}

const driver = (rules: unknown, more: object = {}) => ({ tool: { driver: { name: 'Demo', rules, ...more } } });

describe('sarif', () => {
  // Counted with jq '[.runs[].results[]?] | length'; levels where results carry them with group_by(.level).
  it.each([
    // Nothing but the rule's default says how bad these are.
    ['semgrep.sarif', 4, { high: 3, medium: 1 }, 'semgrep 1.182.0', Kind.WEAKNESS],
    ['staticcheck.sarif', 55, { medium: 55 }, 'staticcheck 2026.2.2', Kind.WEAKNESS],
    // No level and no default: "warning".
    ['gitleaks.sarif', 4, { medium: 4 }, 'gitleaks v8.0.0', Kind.SECRET],
    // Ten and twenty without a level, the others with one.
    ['bandit.sarif', 13, { high: 1, medium: 10, low: 2 }, 'bandit 1.9.4', Kind.WEAKNESS],
    ['njsscan.sarif', 32, { high: 8, medium: 20, low: 4 }, 'njsscan 1.0.2', undefined],
    ['gosec.sarif', 21, { high: 14, medium: 7 }, 'gosec dev', Kind.WEAKNESS],
    ['eslint.sarif', 3, { medium: 3 }, 'eslint 10.15.0', Kind.WEAKNESS],
    ['checkov.sarif', 8, { high: 8 }, 'checkov 3.3.30', Kind.MISCONFIGURATION],
    ['checkov-secrets.sarif', 8, { high: 8 }, 'checkov 3.3.30', undefined],
    ['osv-scanner.sarif', 6, { medium: 6 }, 'osv-scanner 2.2.4', Kind.VULNERABILITY],
    ['findsecbugs.sarif', 11, { high: 1, medium: 8, low: 2 }, 'spotbugs 4.8.6', undefined],
  ])('reads every result of %s', async (name, raw, severities, tool, kind) => {
    const report = await read(await fixture(name), { sourceRoot: '/workspace/source' });
    expect(report).toMatchObject({ raw, tool, filtered: {}, merged: {}, failed: [] });
    expect(bySeverity(report.drafts)).toEqual(severities);
    if (kind !== undefined) expect(new Set(report.drafts.map((draft) => draft.kind))).toEqual(new Set([kind]));
    for (const { location } of report.drafts) expect(location?.path).not.toMatch(/^\/|^file:|^$/);
  });

  it('gives the same for any way the bytes come', async () => {
    const content = await fixture('bandit.sarif');
    expect(await read(content, { chunkBytes: 97 })).toEqual(await read(content));
  });

  it.each([
    ['object', ['runs', 'version', '$schema'], '{"runs": [{"tool": {"driver": {"name": "Bandit"', true],
    ['object', ['version', 'runs'], '', true],
    ['object', ['runs'], '', false],
    ['object', ['version', 'results'], '', false],
    ['array', ['version', 'runs'], '', false],
    // Its own adapter reads it.
    ['object', ['version', 'runs'], '"driver": {\n "name": "secretlint"', false],
  ] as const)('recognises %s of %j %s: %s', (root, keys, text, isOurs) => {
    expect(sarif.recognises({ root, keys: new Set(keys), text })).toBe(isOurs);
  });

  it('takes everything a result and its rule say', async () => {
    const { drafts } = await read(await fixture('bandit.sarif'));
    expect(drafts[0]).toEqual({
      rule: 'B403',
      title: 'Consider possible security implications associated with pickle module.',
      description: '',
      severity: 2,
      confidence: Confidence.HIGH,
      kind: Kind.WEAKNESS,
      cves: [],
      cwes: [502],
      references: ['https://bandit.readthedocs.io/en/1.9.4/blacklists/blacklist_imports.html#b403-import-pickle'],
      properties: { level: 'note' },
      content: expect.stringMatching(/^import html, .*# Python 3 required\n$/),
      location: {
        path: 'dsvw.py',
        startLine: 2,
        endLine: 2,
        startColumn: 1,
        endColumn: 198,
        snippet: expect.stringMatching(/^import html/),
      },
    });
  });
});

describe('the effective level (§3.27.10)', () => {
  const rules = [{ id: 'A', defaultConfiguration: { level: 'note' } }, { id: 'B' }];
  const override = (...levels: string[]) => ({
    invocations: levels.map((level) => ({
      executionSuccessful: true,
      ruleConfigurationOverrides: [{ descriptor: { index: 0 }, configuration: { level } }],
    })),
  });
  it.each([
    ['the result’s own', {}, { ruleId: 'A', level: 'error' }, 'error'],
    ['the rule’s default', {}, { ruleId: 'A' }, 'note'],
    ['the rule’s default, found by index', {}, { ruleIndex: 0 }, 'note'],
    ['warning without a default', {}, { ruleId: 'B' }, 'warning'],
    ['warning without a rule', {}, { ruleId: 'C' }, 'warning'],
    ['what the only invocation configured', override('error'), { ruleId: 'A' }, 'error'],
    ['the result’s own over what was configured', override('error'), { ruleId: 'A', level: 'note' }, 'note'],
    ['nothing configured for another rule', override('error'), { ruleId: 'B' }, 'warning'],
    ['the default when it could be either invocation', override('error', 'none'), { ruleId: 'A' }, 'note'],
    ['the named invocation’s', override('note', 'error'), { ruleId: 'A', provenance: { invocationIndex: 1 } }, 'error'],
    ['none for what is no failure', {}, { ruleId: 'A', kind: 'review' }, 'none'],
    ['none even where a level contradicts the kind', {}, { kind: 'open', level: 'error' }, 'none'],
  ])('is %s', async (_, run, result, level) => {
    const draft = await one({ ...driver(rules), ...run }, result);
    expect(draft.properties?.['level']).toBe(level);
  });
});

describe('severity', () => {
  const scored = (score: unknown) => driver([{ id: 'A', properties: { 'security-severity': score } }]);
  it.each([
    ['error', {}, { level: 'error' }, 'high'],
    ['warning', {}, { level: 'warning' }, 'medium'],
    ['note', {}, { level: 'note' }, 'low'],
    ['none', {}, { level: 'none' }, 'info'],
    ['a level nobody knows', {}, { level: 'fatal' }, 'unspecified'],
    ['score 9.8', scored('9.8'), { ruleId: 'A', level: 'note' }, 'critical'],
    ['score 9.0', scored('9.0'), { ruleId: 'A' }, 'critical'],
    ['score 7', scored(7), { ruleId: 'A' }, 'high'],
    ['score 6.9', scored('6.9'), { ruleId: 'A', level: 'error' }, 'medium'],
    ['score 0.1', scored('0.1'), { ruleId: 'A' }, 'low'],
    ['score 0, which says nothing', scored('0.0'), { ruleId: 'A', level: 'error' }, 'high'],
    ['a score that is none', scored('high'), { ruleId: 'A', level: 'error' }, 'high'],
    ['the result’s own score', scored('2'), { ruleId: 'A', properties: { 'security-severity': '9.1' } }, 'critical'],
    ['a score of what is no failure', scored('9.8'), { ruleId: 'A', kind: 'review' }, 'info'],
  ])('of %s', async (_, run, result, severity) => {
    expect(severityNames.of((await one(run, result)).severity ?? -1)).toBe(severity);
  });
});

describe('results that are no findings', () => {
  it.each([
    ['a pass', { kind: 'pass' }, 'kind pass'],
    ['what does not apply', { kind: 'notApplicable' }, 'kind notApplicable'],
    ['what is gone since the baseline', { baselineState: 'absent' }, 'absent from this scan (baselineState)'],
    ['null', null, 'not a result'],
  ])('filters %s, and says so', async (_, result, reason) => {
    const report = await read(log({}, [result, { ruleId: 'A' }]));
    expect(report).toMatchObject({ raw: 2, filtered: { [reason]: 1 } });
    expect(report.drafts).toHaveLength(1);
  });

  it.each(['open', 'informational', 'review'])('keeps kind %s as information', async (kind) => {
    expect(await one({}, { kind })).toMatchObject({ severity: 1, properties: { kind, level: 'none' } });
  });
});

describe('suppressions (§3.35)', () => {
  it.each([
    [[{ kind: 'inSource' }], { kind: 'in-source', justification: '' }],
    [
      [{ kind: 'external', status: 'accepted', justification: 'a test' }],
      { kind: 'external', justification: 'a test' },
    ],
    [[{ kind: 'inSource' }, { kind: 'external', justification: 'both' }], { kind: 'in-source', justification: 'both' }],
    [[{ kind: 'external', status: 'underReview' }], undefined],
    [[{ kind: 'inSource' }, { kind: 'external', status: 'rejected' }], undefined],
    [[], undefined],
    [undefined, undefined],
  ])('%j → %j', async (suppressions, suppression) => {
    expect((await one({}, { suppressions })).suppression).toEqual(suppression);
  });
});

describe('rules', () => {
  const run = {
    tool: {
      driver: {
        name: 'Demo',
        rules: [
          { id: 'D0', name: 'zero' },
          { id: 'D1', guid: 'AA', name: 'one' },
        ],
      },
      extensions: [
        { name: 'pack', guid: 'GG', rules: [{ id: 'E0', name: 'extension' }] },
        { name: 'other', rules: [{ id: 'F0', name: 'second' }] },
      ],
    },
  };
  it.each([
    [{ ruleId: 'D1' }, 'D1', 'one'],
    [{ ruleIndex: 1 }, 'D1', 'one'],
    [{ rule: { index: 0 } }, 'D0', 'zero'],
    [{ rule: { id: 'D1' } }, 'D1', 'one'],
    [{ rule: { guid: 'aa' } }, 'D1', 'one'],
    [{ ruleId: 'D1/case/7' }, 'D1/case/7', 'one'],
    [{ ruleId: 'D0', ruleIndex: 1 }, 'D0', 'zero'],
    [{ ruleId: 'D1', ruleIndex: -1 }, 'D1', 'one'],
    [{ ruleId: 'E0' }, 'E0', 'extension'],
    [{ ruleId: 'E0', rule: { index: 0, toolComponent: { index: 0 } } }, 'E0', 'extension'],
    [{ rule: { index: 0, toolComponent: { name: 'other' } } }, 'F0', 'second'],
    [{ rule: { index: 0, toolComponent: { guid: 'GG' } } }, 'E0', 'extension'],
    [{ ruleId: 'constructor' }, 'constructor', 'constructor'],
    [{ ruleIndex: 99 }, 'unnamed', 'unnamed'],
  ])('%j is rule %s', async (result, rule, title) => {
    expect(await one(run, result)).toMatchObject({ rule, title });
  });

  it.each([
    ['work.lab.rules.js-eval', '', 'js-eval'],
    ['js-eval', '', 'js-eval'],
    ['rules.python.lang.eval', 'https://semgrep.dev/r/python.lang.eval', 'python.lang.eval'],
  ])('of semgrep are known by their own name: %s (%s)', async (ruleId, helpUri, rule) => {
    const run = { tool: { driver: { name: 'Semgrep OSS', rules: [{ id: ruleId, helpUri }] } } };
    expect((await one(run, { ruleId })).rule).toBe(rule);
  });

  it('may stand behind the results, of several tools in one file', async () => {
    const run = (name: string, level: string) => ({
      results: [{ ruleId: 'A', message: { text: name } }],
      tool: { driver: { name, version: '1', rules: [{ id: 'A', defaultConfiguration: { level } }] } },
    });
    const report = await read({
      runs: [run('One', 'error'), run('Two', 'note'), run('one', 'none')],
      version: '2.1.0',
    });
    expect(report.tool).toBe('one 1');
    expect(report.drafts.map(({ title, severity, tool }) => [title, severity, tool?.name])).toEqual([
      ['One', 4, undefined],
      ['Two', 2, 'two'],
      ['one', 1, undefined],
    ]);
  });
});

describe('messages (§3.11)', () => {
  const rules = [{ id: 'A', messageStrings: { use: { text: '{0} is used in {1}, not {{0}}', markdown: '*no*' } } }];
  it.each([
    [{ text: 'plain', markdown: '**no**' }, 'plain'],
    [{ id: 'use', arguments: ['md5', 'a.go'] }, 'md5 is used in a.go, not {0}'],
    [{ id: 'use', arguments: ['md5'] }, 'md5 is used in {1}, not {0}'],
    [{ id: 'all', arguments: ['x'] }, 'x everywhere'],
    [{ text: 'set {"a": 1}' }, 'set {"a": 1}'],
    [{ text: 'flows from [user \\[input\\]](1) to [a sink](2)' }, 'flows from user [input] to a sink'],
    [{ text: 'see [docs](https://example.org)' }, 'see [docs](https://example.org)'],
  ])('%j reads %j', async (message, title) => {
    const run = driver(rules, { globalMessageStrings: { all: { text: '{0} everywhere' } } });
    expect((await one(run, { ruleId: 'A', message })).title).toBe(title);
  });

  it('does not grow beyond bounds by its arguments', async () => {
    const message = { text: '{0}'.repeat(1e6), arguments: ['x'.repeat(1e6)] };
    expect((await one({}, { message })).title?.length).toBeLessThanOrEqual(65_536);
  });

  it('gives a long message a short title and keeps the whole', async () => {
    const text = `A first sentence that says it. ${'More words. '.repeat(40)}`.trim();
    expect(await one({}, { message: { text } })).toMatchObject({
      title: 'A first sentence that says it.',
      description: text,
    });
    // Cut later, when its secrets are out.
    expect((await one({}, { message: { text: 'x'.repeat(900) } })).title).toHaveLength(900);
  });
});

describe('locations', () => {
  const bases = {
    ROOT: { uri: 'file:///w/shop/' },
    SRC: { uri: 'src/', uriBaseId: '%SRCROOT%' },
    DEEP: { uri: 'deep%20er/', uriBaseId: 'SRC' },
    '%SRCROOT%': { uri: 'file:///ci/checkout' },
    LOOP: { uri: 'x/', uriBaseId: 'LOOP2' },
    LOOP2: { uri: 'y/', uriBaseId: 'LOOP' },
    EMPTY: { description: { text: 'the repository' } },
  };
  const run = {
    originalUriBaseIds: bases,
    artifacts: [{ location: { uri: 'zero.c' } }, { location: { uri: 'one.c', uriBaseId: 'SRC' } }],
  };
  it.each([
    [{ uri: 'a/b.c' }, '', 'a/b.c'],
    [{ uri: './a/../b.c' }, '', 'b.c'],
    [{ uri: 'a%20b/%C3%A9.c' }, '', 'a b/é.c'],
    [{ uri: '100%.c' }, '', '100%.c'],
    [{ uri: 'a\\b.cs' }, '', 'a/b.cs'],
    [{ uri: 'file:///w/shop/a.c' }, '/w/shop', 'a.c'],
    [{ uri: 'file:/w/shop/a%20b.c' }, '/w/shop/', 'a b.c'],
    [{ uri: '/w/shop/a.c' }, '/w/shop', 'a.c'],
    [{ uri: 'file:///C:/code/a.cs' }, 'C:\\code', 'a.cs'],
    [{ uri: 'file:///ci/checkout/a.c' }, '', 'a.c'],
    [{ uri: 'file:///elsewhere/a.c' }, '/w/shop', '/elsewhere/a.c'],
    [{ uri: 'https://example.org/a.c' }, '', 'https://example.org/a.c'],
    [{ uri: 'a.c', uriBaseId: '%UNKNOWN%' }, '', 'a.c'],
    [{ uri: 'a.c', uriBaseId: 'ROOT' }, '/w', 'shop/a.c'],
    [{ uri: 'a.c', uriBaseId: 'ROOT' }, '', 'a.c'],
    [{ uri: 'a.c', uriBaseId: 'DEEP' }, '', 'src/deep er/a.c'],
    [{ uri: 'a.c', uriBaseId: 'EMPTY' }, '', 'a.c'],
    [{ uri: 'a.c', uriBaseId: 'LOOP' }, '', expect.stringMatching(/a\.c$/)],
    [{ uri: 'a.c', uriBaseId: 'constructor' }, '', 'a.c'],
    [{ index: 0 }, '', 'zero.c'],
    [{ index: 1 }, '', 'src/one.c'],
    [{ uri: 'own.c', index: 0 }, '', 'own.c'],
  ])('%j below %j is %s', async (artifactLocation, sourceRoot, path) => {
    const result = { locations: [{ physicalLocation: { artifactLocation } }] };
    expect((await one(run, result, { sourceRoot })).location?.path).toEqual(path);
  });

  it.each([
    [{ startLine: 0, startColumn: 0 }, [0, 0, 0, 0]],
    [{ startLine: 5 }, [5, 5, 0, 0]],
    [{ startLine: 5, startColumn: 2, endLine: 7, endColumn: 9 }, [5, 7, 2, 9]],
    [{ startLine: -1, endLine: 2 ** 40 }, [0, 0, 0, 0]],
    [{ charOffset: 10, charLength: 4 }, [0, 0, 0, 0]],
  ])('region %j', async (region, [startLine, endLine, startColumn, endColumn]) => {
    const result = { locations: [{ physicalLocation: { artifactLocation: { uri: 'a' }, region } }] };
    expect((await one({}, result)).location).toMatchObject({ startLine, endLine, startColumn, endColumn });
  });

  it('uses the tool’s folder where nothing else says what the root is', async () => {
    const run = { invocations: [{ executionSuccessful: true, workingDirectory: { uri: 'file:///ci/job' } }] };
    const result = { locations: [{ physicalLocation: { artifactLocation: { uri: 'file:///ci/job/a.c' } } }] };
    expect((await one(run, result)).location?.path).toBe('a.c');
  });

  it('takes the first of several, and a name where there is no file', async () => {
    const at = (uri: string) => ({ physicalLocation: { artifactLocation: { uri } } });
    const several = await one({}, { locations: [at('a.c'), at('b.c'), at('c.c')] });
    expect(several).toMatchObject({ location: { path: 'a.c' }, properties: { locations: '3' } });
    const named = await one(
      {},
      { message: { text: 'm' }, locations: [{ logicalLocations: [{ fullyQualifiedName: 'a.B.c()' }] }] },
    );
    expect(named).toMatchObject({ properties: { logicalLocation: 'a.B.c()' }, content: 'a.B.c()\nm' });
    expect(named.location).toBeUndefined();
  });
});

describe('what a finding is known again by', () => {
  const message = { text: 'said' };
  const at = (physicalLocation: object) => ({ locations: [{ physicalLocation }] });
  it.each([
    [{ partialFingerprints: { primaryLocationLineHash: 'ab:1', other: 'x' } }, 'primaryLocationLineHash=ab:1'],
    [{ fingerprints: { 'b/v2': 'two', 'a/v1': 'one' } }, 'a/v1=one'],
    [{ fingerprints: { 'a/v1': 'one' }, partialFingerprints: { p: 'x' } }, 'a/v1=one'],
    [{ partialFingerprints: { q: 'y', p: 'x', primaryLocationStartColumnFingerprint: '4' } }, 'p=x\nq=y'],
    [{ fingerprints: { 'matchBasedId/v1': 'requires login' } }, undefined],
    [{ partialFingerprints: { p: '', n: 7 } }, undefined],
    [{}, undefined],
  ])('fingerprints %j → %j', async (result, fingerprint) => {
    expect((await one({}, result)).fingerprint).toBe(fingerprint);
  });

  it.each([
    ['the flagged lines', { region: { snippet: { text: 'eval(x)' } }, contextRegion: { snippet: { text: 'no' } } }],
    ['the lines around', { contextRegion: { snippet: { text: 'eval(x)' } } }],
  ])('is %s', async (_, physical) => {
    expect((await one({}, { message, ...at(physical) })).content).toBe('eval(x)');
  });

  it('is the message where no line is given', async () => {
    expect((await one({}, { message, ...at({ artifactLocation: { uri: 'a' } }) })).content).toBe('said');
  });

  it('is not gitleaks’ metadata of a commit', async () => {
    const run = { tool: { driver: { name: 'gitleaks' } } };
    const partialFingerprints = {
      commitSha: 'c0ffee',
      author: 'A',
      email: 'a@example.org',
      date: '',
      commitMessage: 'm',
    };
    const draft = await one(run, { partialFingerprints });
    expect(draft.fingerprint).toBeUndefined();
    expect(draft.properties).toMatchObject({ commit: 'c0ffee' });
    expect(JSON.stringify(draft)).not.toContain('example.org');
  });
});

describe('weaknesses and vulnerabilities', () => {
  const guid = 'f2856fc0';
  const taxonomies = [{ name: 'OWASP' }, { name: 'CWE', guid }];
  it.each([
    [{ properties: { tags: ['external/cwe/cwe-079', 'security'] } }, {}, [79]],
    [{ properties: { tags: ['CWE-89: SQL Injection', 'CWE-20'] } }, {}, [20, 89]],
    [{ properties: { cwe: 'CWE-185: Incorrect Regular Expression' } }, {}, [185]],
    [{ properties: { cwe: ['CWE-1', 22] } }, {}, [1, 22]],
    [{ relationships: [{ target: { id: '78', toolComponent: { name: 'CWE' } } }] }, {}, [78]],
    [{ relationships: [{ target: { id: '78', toolComponent: { guid } } }] }, {}, [78]],
    [{ relationships: [{ target: { id: '78', toolComponent: { index: 0 } } }] }, {}, []],
    [{}, { taxa: [{ id: 'CWE-611', toolComponent: { index: 1 } }] }, [611]],
    [{}, { properties: { cwe: 'CWE-327' } }, [327]],
  ])('%j and %j → CWEs %j', async (rule, result, cwes) => {
    const run = { ...driver([{ id: 'A', ...rule }]), taxonomies };
    expect((await one(run, { ruleId: 'A', ...result })).cwes).toEqual(cwes);
  });

  it('finds CVEs in ids, tags and aliases', async () => {
    const rules = [
      {
        id: 'GHSA-hp87-p4gw-j4gq',
        deprecatedIds: ['CVE-2022-28948', 'GO-2022-0603'],
        properties: { tags: ['cve-2020-1234'] },
      },
    ];
    expect(await one(driver(rules), { ruleIndex: 0 })).toMatchObject({
      kind: Kind.VULNERABILITY,
      cves: ['CVE-2020-1234', 'CVE-2022-28948'],
    });
  });
});

describe('secrets', () => {
  it('are named for every finding of a scanner for secrets', async () => {
    const { drafts } = await read(await fixture('gitleaks.sarif'));
    expect(drafts[0]?.secrets).toEqual(['"Aa12345678"', 'Aa12345678']);
    for (const draft of drafts) expect(draft.secrets).toContain(draft.content?.trim());
  });

  it('are what a rule about them quotes, and the line it points at', async () => {
    const draft = await one(driver([{ id: 'B105', name: 'hardcoded_password_string' }]), {
      ruleId: 'B105',
      message: { text: "Possible hardcoded password: 's3cr3t'" },
      locations: [{ physicalLocation: { region: { snippet: { text: "  login('admin', 's3cr3t')\n" } } } }],
    });
    expect(draft).toMatchObject({ kind: Kind.SECRET, secrets: ["login('admin', 's3cr3t')", 's3cr3t'] });
  });

  it.each([
    [{ id: 'generic-api-key' }, true],
    [{ id: 'X', properties: { tags: ['credentials'] } }, true],
    [{ id: 'X', properties: { tags: ['CWE-798'] } }, true],
    [{ id: 'X', name: 'Use of eval' }, false],
  ])('rule %j is about them: %s', async (rule, isSecret) => {
    const draft = await one(driver([rule]), { ruleIndex: 0, message: { text: 'found "hunter22"' } });
    expect(draft.secrets ?? []).toEqual(isSecret ? ['hunter22'] : []);
    expect(draft.kind).toBe(isSecret ? Kind.SECRET : Kind.WEAKNESS);
  });

  it('of a configuration are still a misconfiguration', async () => {
    const run = { tool: { driver: { name: 'Checkov', rules: [{ id: 'CKV_AWS_1', name: 'No password here' }] } } };
    expect(await one(run, { ruleIndex: 0, message: { text: '"hunter22"' } })).toMatchObject({
      kind: Kind.MISCONFIGURATION,
      secrets: ['hunter22'],
    });
    expect((await one(run, { ruleId: 'CKV_SECRET_6' })).kind).toBe(Kind.SECRET);
  });
});

describe('scans that did not read everything', () => {
  it.each([
    [
      'bandit-broken-file.sarif',
      2,
      ['binary.py: syntax error while parsing AST from file', 'broken.py: syntax error while parsing AST from file'],
      [],
    ],
    ['eslint-broken-file.sarif', 1, ['broken.js:3: Parsing error: Unexpected token (', 'eslint did not succeed'], []],
    // Only a warning, and the file was skipped all the same.
    ['semgrep-broken-file.sarif', 1, ['Syntax error at line broken.js:2:'], []],
    [
      'findsecbugs.sarif',
      11,
      [
        'Classes needed for analysis were missing: [makeConcatWithConstants]',
        'spotbugs did not succeed: MISSING CLASS,BUGS FOUND',
      ],
      [],
    ],
    ['njsscan-failed.sarif', 0, [], ['njsscan did not succeed']],
  ])('%s', async (name, raw, partial, failed) => {
    const sourceRoot = '/workspace/source/edge-broken-js';
    expect(await read(await fixture(name), { sourceRoot })).toMatchObject({ raw, partial, failed });
  });

  it('knows what staticcheck reports as a result', async () => {
    const report = await read(await fixture('staticcheck-broken-file.sarif'));
    expect(report).toMatchObject({
      raw: 1,
      drafts: [],
      filtered: { 'could not be read (compile)': 1 },
      partial: [expect.stringContaining('main.go:5:1: syntax error')],
    });
  });

  it.each([
    ['its results are null', log({}, null), [], ['demo could not produce results (null)']],
    [
      'its results are elsewhere',
      log({ externalPropertyFileReferences: { results: [{ location: { uri: 'x' } }] } }, []),
      ['results are in external property files, which are not read; submit one file with all'],
      [],
    ],
    ['there is no run', { version: '2.1.0', runs: null }, [], ['the tool could not produce a run (runs is null)']],
    [
      'one run of two went well',
      {
        version: '2.1.0',
        runs: [
          { tool: { driver: { name: 'A' } }, results: [], invocations: [{ executionSuccessful: false, exitCode: 3 }] },
          { tool: { driver: { name: 'B' } }, results: [] },
        ],
      },
      ['a did not succeed: exit code 3'],
      [],
    ],
  ])('says so when %s', async (_, report, partial, failed) => {
    expect(await read(report)).toMatchObject({ raw: 0, partial, failed });
  });

  it('passes on what a tool says besides', async () => {
    const toolExecutionNotifications = [{ message: { text: 'slow rule\nsource code' }, level: 'note' }];
    expect(await read(log({ invocations: [{ executionSuccessful: true, toolExecutionNotifications }] }))).toMatchObject(
      {
        partial: [],
        notes: ['slow rule'],
      },
    );
  });
});

describe('what is refused', () => {
  it.each([
    ['nothing', '', 'report.empty', /empty/],
    [
      'another version',
      '{"version":"2.0.0","runs":[]}',
      'report.unsupported-version',
      /SARIF 2\.0\.0; version 2\.1\.0/,
    ],
    ['no version', '{"runs":[]}', 'report.not-sarif', /version/],
    ['no runs', '{"version":"2.1.0"}', 'report.not-sarif', /runs/],
    ['a list', '[]', 'report.not-sarif', /SARIF/],
    ['text', 'no JSON', 'report.not-json', /JSON/],
    ['half a report', '{"version":"2.1.0","runs":[{"results":[{"ruleId":"A"},', 'report.truncated', /cut off/],
  ])('%s', async (_, content, code, words) => {
    const error = await readReport(sarif, content).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it('but not an empty list', async () => {
    expect(await read('{"version":"2.1.0","runs":[]}')).toMatchObject({ raw: 0, tool: '', failed: [], partial: [] });
  });

  it('nor members of a type that nobody expects', async () => {
    const wrong = { ruleId: 7, level: [], message: 'x', locations: {}, partialFingerprints: null, properties: 'p' };
    expect(await one({ invocations: 3, taxonomies: 'x' }, wrong)).toMatchObject({ rule: 'unnamed' });
  });
});

describe('taken all the way', () => {
  it('no secret of a report is seen', async () => {
    const { records, summary } = await parseContent(sarif, await fixture('gitleaks.sarif'));
    expect(summary).toMatchObject({ raw: 4, findings: 4, merged: 0, filtered: 0, tool: 'gitleaks' });
    expect(JSON.stringify(records)).not.toContain('Aa12345678');
    expect(records[0]?.snippet).toBe('[redacted]');
    expect(new Set(records.map(({ id }) => id)).size).toBe(4);
  });

  it('not even where a text is cut', async () => {
    const text = `${'A'.repeat(190)} AKIA${'ABCDEFGH'.repeat(2)} ${'more words '.repeat(40)}`;
    const { records } = await parseContent(sarif, JSON.stringify(log({}, [{ message: { text } }])));
    expect(JSON.stringify(records)).not.toContain('AKIA');
  });

  it('a line that moves is the same finding, another rule’s is not', async () => {
    const text = (await fixture('semgrep.sarif')).toString();
    const ids = async (content: string) => (await parseContent(sarif, content)).records.map(({ id }) => id);
    const before = await ids(text);
    expect(new Set(before).size).toBe(4);
    const moved = text.replace(/"(start|end)Line":\s*(\d+)/g, (_, end, line) => `"${end}Line": ${Number(line) + 7}`);
    expect(moved).not.toBe(text);
    expect(await ids(moved)).toEqual(before);
  });

  it('findings of a file’s several tools say whose they are', async () => {
    const run = (name: string) => ({ tool: { driver: { name, version: '1' } }, results: [{ ruleId: 'A' }] });
    const content = JSON.stringify({ version: '2.1.0', runs: [run('One'), run('Two')] });
    const { records, summary } = await parseContent(sarif, content);
    expect(records.map(({ tool, toolVersion }) => [tool, toolVersion])).toEqual([
      ['one', '1'],
      ['two', '1'],
    ]);
    expect(summary).toMatchObject({ tool: 'one', findings: 2 });
  });
});

describe('left to itself', () => {
  const names = readdirSync(join(import.meta.dirname, 'fixtures')).filter((name) => name !== 'README.md');
  it.each(names)('sarif and nobody else knows %s', async (name) => {
    const bytes = await fixture(name);
    const report = {
      sourceRoot: '',
      open: async function* () {
        yield bytes;
      },
    };
    expect((await recognise(report, adapters.values())).name).toBe('sarif');
  });
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Confidence, InvalidInput, Kind, severityNames } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { FindingDraft } from '../../adapter.ts';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent } from '../../testing/parse-fixture.ts';
import { readReport } from '../../testing/read-report.ts';
import { driver, fixture, log, one, read } from '../../testing/sarif-log.ts';
import { sarif } from './index.ts';

function bySeverity(drafts: readonly FindingDraft[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity } of drafts) {
    const name = severityNames.of(severity ?? 0);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

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
    // What it misses is no class but how Java joins strings.
    ['findsecbugs.sarif', 11, [], []],
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
    ['[makeConcatWithConstants]', 3, []],
    ['[makeConcatWithConstants, apply]', 2, []],
    ['[makeConcatWithConstants]', 7, ['spotbugs did not succeed: exit code 7']],
    [
      '[org.acme.Base, makeConcatWithConstants]',
      3,
      [/^Classes .*org\.acme\.Base/, 'spotbugs did not succeed: exit code 3'],
    ],
    ['[Base]', 3, [/^Classes .*\[Base\]/, 'spotbugs did not succeed: exit code 3']],
    ['', 3, ['Classes needed for analysis were missing: ', 'spotbugs did not succeed: exit code 3']],
  ])('of SpotBugs that missed %j with exit code %d says %j', async (names, exitCode, partial) => {
    const text = `Classes needed for analysis were missing: ${names}`;
    const notification = { descriptor: { id: 'spotbugs-missing-classes' }, message: { text }, level: 'error' };
    const report = await read(
      log({
        tool: { driver: { name: 'SpotBugs' } },
        invocations: [{ exitCode, executionSuccessful: false, toolConfigurationNotifications: [notification] }],
      }),
    );
    expect(report.partial).toEqual(
      partial.map((note) => (typeof note === 'string' ? note : expect.stringMatching(note))),
    );
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
    expect(await formatOf(await fixture(name))).toBe('sarif');
  });
});

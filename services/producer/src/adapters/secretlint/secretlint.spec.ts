import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent } from '../../testing/parse-fixture.ts';
import { readReport } from '../../testing/read-report.ts';
import { secretlint } from './index.ts';
import { wordsOf } from './words.ts';

const fixture = (name: string) => readFile(join(import.meta.dirname, 'fixtures', name));

describe('secretlint', () => {
  // Counted with jq '[.runs[].results[]?] | length' and '[.[].messages[]] | length'.
  it.each([
    ['nodegoat.sarif', 3, 'secretlint 1.0.0'],
    ['small-js.sarif', 2, 'secretlint 1.0.0'],
    ['terragoat.sarif', 1, 'secretlint 1.0.0'],
    ['small-js.json', 2, 'secretlint'],
  ])('reads every message of %s', async (name, raw, tool) => {
    const report = await readReport(secretlint, await fixture(name));
    expect(report).toMatchObject({ raw, tool, unexplained: 0, partial: [], failed: [] });
    for (const draft of report.drafts) {
      expect(draft).toMatchObject({
        kind: Kind.SECRET,
        severity: Severity.HIGH,
        title: expect.stringMatching(/^found /),
      });
      expect(draft.rule).toMatch(/^@secretlint\/secretlint-rule-[a-z-]+$/);
      expect(draft.location?.startLine).toBeGreaterThan(0);
    }
  });

  it('says the same of a secret in both formats', async () => {
    const options = { sourceRoot: '/workspace/source/small-js' };
    const [fromSarif] = (await readReport(secretlint, await fixture('small-js.sarif'), options)).drafts;
    const [fromJson] = (await readReport(secretlint, await fixture('small-js.json'), options)).drafts;
    expect(fromSarif).toMatchObject({
      rule: '@secretlint/secretlint-rule-github',
      title: 'found GitHub Token',
      location: { path: 'config.js', startLine: 3, startColumn: 17, endLine: 3, endColumn: 57 },
    });
    const { rule, title, severity, kind, content, references } = fromJson ?? {};
    expect(fromSarif).toMatchObject({ rule, title, severity, kind, content, references });
    // The path is made relative where reports are read; columns count from 0 in JSON.
    expect(fromJson?.location).toMatchObject({
      path: '/workspace/source/small-js/config.js',
      startLine: 3,
      startColumn: 17,
      endColumn: 57,
    });
  });

  it('drops the source, and names the secrets in it', async () => {
    const { drafts } = await readReport(secretlint, await fixture('small-js.json'));
    const secrets = drafts.map((draft) => draft.secrets ?? []);
    expect(secrets[0]).toEqual([expect.stringMatching(/^ghp_/)]);
    const rest = JSON.stringify(drafts.map((draft) => ({ ...draft, secrets: [] })));
    for (const secret of secrets.flat()) expect(rest).not.toContain(secret);
    expect(rest).not.toContain('module.exports');
  });

  it.each([
    ['found GitHub Token(****): ********', 'found GitHub Token', []],
    ['found GitHub Token(abcd): ghp_1234', 'found GitHub Token', ['ghp_1234', 'abcd']],
    ['found AWS Secret Access Key: wJalr:x', 'found AWS Secret Access Key', ['wJalr:x']],
    ['found private key', 'found private key', []],
  ])('%j reads %j and hides %j', (message, title, secrets) => {
    expect(wordsOf(message)).toEqual({ title, secrets });
  });

  it('has no findings in an empty list', async () => {
    expect(await readReport(secretlint, '[]')).toMatchObject({ raw: 0, drafts: [] });
  });

  it.each([
    ['nothing at all', '', 'report.empty'],
    ['ESLint’s JSON', '[{"filePath":"/a.js","messages":[],"source":""}]', 'report.not-secretlint'],
    [
      'SARIF of another tool',
      '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"ESLint"}}}]}',
      'report.wrong-tool',
    ],
    ['half a report', '[{"filePath":"/a.js","sourceContent":"', 'report.truncated'],
  ])('refuses %s', async (_, content, code) => {
    const error = await readReport(secretlint, content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ code });
  });

  it.each([
    ['array', ['filePath', 'sourceContent', 'sourceContentType', 'messages'], '', true],
    ['array', ['filePath', 'messages', 'errorCount', 'source'], '', false],
    ['object', ['version', 'runs'], '{"driver": {"name": "secretlint"', true],
    ['object', ['version', 'runs'], '{"driver": {"name": "gitleaks"', false],
  ] as const)('recognises %s of %j: %s %s', (root, keys, text, isOurs) => {
    expect(secretlint.recognises({ root, keys: new Set(keys), text })).toBe(isOurs);
  });
});

describe('taken all the way', () => {
  it.each(['small-js.json', 'small-js.sarif'])(
    'no secret of %s is seen, and a finding keeps its identity',
    async (name) => {
      const options = { sourceRoot: '/workspace/source/small-js' };
      const { records, summary } = await parseContent(secretlint, await fixture(name), options);
      expect(summary).toMatchObject({ raw: 2, findings: 2, tool: 'secretlint' });
      expect(JSON.stringify(records)).not.toMatch(/ghp_|VNPk/);
      const json = await parseContent(secretlint, await fixture('small-js.json'), options);
      expect(records.map(({ id, path }) => [id, path])).toEqual(json.records.map(({ id }) => [id, 'config.js']));
    },
  );
});

describe('left to itself', () => {
  const names = readdirSync(join(import.meta.dirname, 'fixtures')).filter((name) => name !== 'README.md');
  it.each(names)('secretlint and nobody else knows %s', async (name) => {
    expect(await formatOf(await fixture(name))).toBe('secretlint');
  });
});

// A secret's value in a report never appears on the bus, in the store, in a log or in a sink: reports of tools that
// show what they found, whole and broken, go through a running platform, and then every byte it wrote is searched.
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LivePlatform, reportIdOf } from './live-platform.suite.ts';

const fixture = (path: string) => readFileSync(join(root, 'services/producer/src/adapters', path), 'utf8');

// Built from parts, so that no scanner takes this file for a leak.
const of = (...parts: string[]) => parts.join('');
const letters = 'kfbzQmXw83hVtNcYpR5dLs7JgUe2Ta9Ko4Ei6Dx1WqHyBvCnMjZuGiSrPl';
const generic = {
  github: of('gh', 'p_', letters.slice(0, 36)),
  stripe: of('sk', '_live_', letters.slice(3, 30)),
  amazon: of('AK', 'IA', 'Q3EGTYTWCK7JWXQB'),
  slack: of('xo', 'xb-', '2147483647-', letters.slice(5, 29)),
  jwt: of('ey', 'JhbGciOiJIUzI1NiJ9.ey', 'JzdWIiOiJxWGJ2In0.', letters.slice(0, 40)),
  pem: of('MIIEow', letters),
  url: 'zGq7-tHunder9',
  assigned: 'hunter2-Wq8rT',
  environment: 'pl4inTextV4lue',
};
const telling = [
  `token ${generic.github} and ${generic.stripe} of ${generic.amazon}, ${generic.slack}; ${generic.jwt}`,
  of('-----BEGIN RSA PRIVATE', ` KEY-----\n${generic.pem}\n-----END RSA PRIVATE`, ' KEY-----'),
  `postgres://app:${generic.url}@db.internal/app`,
  `const password = "${generic.assigned}";`,
  `export DB_PASSWORD=${generic.environment}`,
].join('\n');
const everyGeneric = Object.values(generic);

interface Gitleaks {
  Secret: string;
}
interface Bandit {
  results: { test_id: string; issue_text: string }[];
}
const gitleaksSecrets = (path: string) =>
  (JSON.parse(fixture(path)) as Gitleaks[])
    .map(({ Secret }) => Secret.replace(/^"(.*)"$/, '$1'))
    .filter((secret) => secret !== 'REDACTED');
// Shorter ones are words that a report about such code says anyway: "admin" is also a folder.
const banditSecrets = (path: string) =>
  (JSON.parse(fixture(path)) as Bandit).results
    .filter(({ test_id }) => /^B10[567]$/.test(test_id))
    .map(({ issue_text }) => /'(.*)'$/s.exec(issue_text)?.[1] ?? '')
    .filter((secret) => secret.length > 6);

const reports: [name: string, format: string, text: string, secrets: string[]][] = [
  [
    'gitleaks',
    'gitleaks',
    fixture('gitleaks/fixtures/terragoat.dir.json'),
    gitleaksSecrets('gitleaks/fixtures/terragoat.dir.json'),
  ],
  [
    'gitleaks with a key',
    'gitleaks',
    fixture('gitleaks/fixtures/nodegoat.dir.json'),
    gitleaksSecrets('gitleaks/fixtures/nodegoat.dir.json'),
  ],
  ['bandit', 'bandit', fixture('bandit/fixtures/pygoat.json'), banditSecrets('bandit/fixtures/pygoat.json')],
  [
    'secretlint',
    'secretlint',
    fixture('secretlint/fixtures/small-js.json'),
    ['ghp_EXAMPLEexampleEXAMPLEexampleEXAMPLE0', 'VNPkNa1Hedcm4p'],
  ],
  [
    'checkov as SARIF',
    'sarif',
    fixture('sarif/fixtures/checkov-secrets.sarif'),
    ['AKIAIOSFODNN7EXAMAAA', 'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG', 'Aa12345678'],
  ],
  [
    'checkov with lines, tags and comments',
    'checkov',
    fixture('checkov/fixtures/small-iac.json'),
    ['AKIAIOSFODNN7EXAMAAA', 'wJalrXUtnFEMI/K7MDENG', 'hunter2hunter2', 'jane.doe@example.org', 'fc3f784491eba6121c3b'],
  ],
  ['njsscan', 'njsscan', fixture('njsscan/fixtures/small-js.json'), ['hunter2hunter2', 'my-very-secret-value']],
  [
    'gosec, in what it says and shows',
    'gosec',
    JSON.stringify({
      'Golang errors': { 'a.go': [{ line: 1, column: 1, error: telling }] },
      Issues: [
        {
          severity: 'HIGH',
          confidence: 'HIGH',
          rule_id: 'G101',
          details: telling,
          file: 'a.go',
          code: telling
            .split('\n')
            .map((line, at) => `${at + 1}: ${line}`)
            .join('\n'),
          line: '1-7',
          column: '1',
          cwe: { id: '798', url: `https://x/?access_token=${generic.url}` },
          nosec: false,
          suppressions: null,
        },
      ],
      Stats: { files: 1, lines: 1, nosec: 0, found: 1 },
    }),
    everyGeneric,
  ],
  [
    'eslint, in its copy of the source',
    'eslint',
    JSON.stringify([
      {
        filePath: '/src/a.js',
        messages: telling.split('\n').map((_, at) => ({
          ruleId: 'no-secrets',
          severity: 2,
          message: `found: ${telling.split('\n')[at]}`,
          line: at + 1,
          column: 1,
        })),
        source: telling,
      },
      {
        filePath: '/src/b.js',
        messages: [
          { ruleId: null, fatal: true, severity: 2, message: `Parsing error: ${telling}`, line: 1, column: 1 },
        ],
        source: telling,
      },
    ]),
    everyGeneric,
  ],
  [
    'semgrep',
    'semgrep',
    JSON.stringify({
      version: '1',
      errors: [{ level: 'warn', type: 'Syntax error', message: telling, path: 'a.py' }],
      paths: { scanned: ['a.py'] },
      results: [
        {
          check_id: 'r',
          path: 'a.py',
          start: { line: 1, col: 1 },
          end: { line: 1, col: 2 },
          extra: {
            message: telling,
            severity: 'ERROR',
            lines: telling,
            metadata: { cwe: ['CWE-798'] },
            metavars: { $X: { abstract_content: telling } },
          },
        },
      ],
    }),
    everyGeneric,
  ],
  [
    'SARIF of anybody',
    'sarif',
    JSON.stringify({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'anybody', rules: [{ id: 'r', fullDescription: { text: telling } }] } },
          invocations: [
            {
              executionSuccessful: true,
              commandLine: telling,
              toolExecutionNotifications: [{ level: 'error', message: { text: telling } }],
            },
          ],
          results: [
            {
              ruleId: 'r',
              message: { text: telling },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a.js' },
                    region: { startLine: 1, snippet: { text: telling } },
                  },
                },
              ],
              suppressions: [{ kind: 'inSource', justification: telling }],
              properties: { note: telling },
            },
          ],
        },
      ],
    }),
    everyGeneric,
  ],
  [
    'CycloneDX',
    'cyclonedx',
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [
        {
          type: 'library',
          name: 'a',
          version: '1',
          purl: `pkg:npm/a@1?download_url=https://u:${generic.url}@x`,
          description: telling,
          'bom-ref': 'a',
          properties: [{ name: 'env', value: telling }],
        },
      ],
      vulnerabilities: [
        {
          id: 'CVE-2021-1',
          description: telling,
          detail: telling,
          affects: [{ ref: 'a' }],
          advisories: [{ url: `https://x/?token=${generic.github}` }],
        },
      ],
    }),
    everyGeneric,
  ],
];
const everySecret = [...new Set(reports.flatMap(([, , , secrets]) => secrets))];

let live: LivePlatform;
const ids: string[] = [];
beforeAll(async () => {
  live = await LivePlatform.start();
  for (const subject of ['assay.finding.changed.>', 'assay.report.parsed.>', 'assay.dead.>']) {
    const name = subject.split('.')[1] as string;
    const sink = { name, subject, type: 'file', config: { path: `${name}.jsonl`, format: 'jsonl' } };
    const answer = await live.http('POST', '/api/v1/sinks', JSON.stringify(sink), {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(201);
  }
}, 60_000);
afterAll(() => live?.stop());

/** Each secret as it is, as it stands in JSON, and as base64 of a whole payload would not hide it from a reader. */
function leaks(bytes: Buffer, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => [secret, JSON.stringify(secret).slice(1, -1)].some((form) => bytes.includes(form)));
}

it('there is something to leak', () => {
  for (const [name, , text, secrets] of reports) {
    expect([name, secrets.length > 1]).toEqual([name, true]);
    for (const secret of secrets) expect([name, leaks(Buffer.from(text), [secret])]).toEqual([name, [secret]]);
  }
});

describe('a report with secrets in clear', () => {
  it.each(reports)('becomes findings without them: %s', async (name, format, text, secrets) => {
    const answer = await live.submit({ format, target: name, sourceRoot: '/src' }, text);
    const run = await live.assessed(answer.json.runId as string);
    ids.push(answer.json.reportId as string);
    expect(run.reports[0]?.findings).toBeGreaterThan(0);
    const { json } = await live.http('GET', `/api/v1/findings?limit=1000&target=${encodeURIComponent(name)}`);
    // secretlint's JSON says where, and nothing of the line.
    if (name !== 'secretlint') expect(JSON.stringify(json)).toContain('[redacted]');
    expect(leaks(Buffer.from(JSON.stringify([json, run])), secrets)).toEqual([]);
  });

  it.each(reports)('keeps them to itself when it is broken: %s', async (name, format, text, secrets) => {
    const otherFormat = format === 'sarif' ? 'gosec' : 'sarif';
    for (const [as, broken] of [
      [format, text.slice(0, text.length - 3)],
      [format, `${text.slice(0, text.length / 2)}${telling}`],
      [otherFormat, text],
      ['auto', telling],
    ] as const) {
      const answer = await live.submit({ format: as, target: name }, broken);
      expect(leaks(Buffer.from(JSON.stringify(answer.json)), [...secrets, ...everyGeneric])).toEqual([]);
      const id = reportIdOf(answer);
      ids.push(id);
      const letter = await live.letterOf(id);
      expect(leaks(Buffer.from(JSON.stringify(letter.reason)), [...secrets, ...everyGeneric])).toEqual([]);
      const cli = await live.assay(['report', 'parse', '--format', as, '-'], { stdin: broken });
      expect(cli.code).toBe(2);
      expect(leaks(Buffer.from(cli.out + cli.err), [...secrets, ...everyGeneric])).toEqual([]);
    }
  });
});

describe('afterwards no secret is', () => {
  it('on the bus, dead letters included', async () => {
    for (const id of ids) await live.assessed(id);
    const messages = await live.everyMessage();
    expect(messages.length).toBeGreaterThan(100);
    expect(messages.some(({ subject }) => subject.startsWith('assay.dead.'))).toBe(true);
    expect(
      messages.flatMap(({ subject, bytes }) => leaks(bytes, everySecret).map((secret) => [subject, secret])),
    ).toEqual([]);
  });

  it('in any file but the kept reports: no store, log, sink or stream', async () => {
    const files = await live.everyFile();
    const paths = files.map(({ path }) => path);
    for (const kept of [
      'data/assay.db',
      'logs/assay.log',
      'sinks/finding.jsonl',
      'sinks/report.jsonl',
      'sinks/dead.jsonl',
    ])
      expect(paths).toContain(kept);
    const leaking = files.filter(({ bytes }) => leaks(bytes, everySecret).length > 0).map(({ path }) => path);
    expect(leaking.filter((path) => !path.startsWith('data/blobs/sha256/'))).toEqual([]);
    // The search finds them where they are known to be, and nobody else on the machine can.
    expect(leaking.length).toBeGreaterThan(0);
    for (const path of leaking) expect((await stat(join(live.home.home, '.assay', path))).mode & 0o077).toBe(0);
    expect(leaks(Buffer.from(live.platform.output()), everySecret)).toEqual([]);
  });

  it('in what the API hands out', async () => {
    for (const path of [
      '/api/v1/runs?limit=1000',
      '/api/v1/reports?limit=1000',
      '/api/v1/dead?limit=1000',
      '/metrics',
    ]) {
      const response = await fetch(`${live.platform.url}${path}`, {
        headers: { authorization: `Bearer ${live.platform.token}` },
      });
      expect(response.status).toBe(200);
      expect(leaks(Buffer.from(await response.text()), everySecret)).toEqual([]);
    }
  });
});

describe('a report that a client put on the bus itself', () => {
  it('stays in the event it sent, and in its dead letter, and goes no further', async () => {
    const [, , text, secrets] = reports[0] as (typeof reports)[number];
    const id = await live.send('assay.report.submitted.gosec', JSON.stringify({ target: { name: 'inline' }, text }));
    const letter = await live.letterOf(id);
    await live.assessed(id);
    expect(leaks(Buffer.from(letter.reason), secrets)).toEqual([]);
    const messages = await live.everyMessage();
    const leaking = messages.filter(({ bytes }) => leaks(bytes, secrets).length > 0).map(({ subject }) => subject);
    expect(leaking).toEqual(['assay.report.submitted.gosec', 'assay.dead.producer.report.submitted']);
    // People are not shown it.
    const { json } = await live.http('GET', '/api/v1/dead?limit=1000');
    const last = (json.items as { sequence: number }[]).at(-1)?.sequence ?? 0;
    const shown = await live.assay(['dead', 'show', String(last), '-o', 'json']);
    expect(shown.out).toContain('withheld');
    expect(leaks(Buffer.from(shown.out), secrets)).toEqual([]);
  });
});

// Reports that show what they found: of every adapter, with fake secrets of its own fixtures and with one of each kind
// that the redactor knows in every text that people would read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@assay/testing';

const fixture = (path: string) => readFileSync(join(root, 'services/producer/src/adapters', path), 'utf8');

// Built from parts, so that no scanner takes this file for a leak.
const of = (...parts: string[]) => parts.join('');
const letters = 'kfbzQmXw83hVtNcYpR5dLs7JgUe2Ta9Ko4Ei6Dx1WqHyBvCnMjZuGiSrPl';
export const generic = {
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
export const telling = [
  `token ${generic.github} and ${generic.stripe} of ${generic.amazon}, ${generic.slack}; ${generic.jwt}`,
  of('-----BEGIN RSA PRIVATE', ` KEY-----\n${generic.pem}\n-----END RSA PRIVATE`, ' KEY-----'),
  `postgres://app:${generic.url}@db.internal/app`,
  `const password = "${generic.assigned}";`,
  `export DB_PASSWORD=${generic.environment}`,
].join('\n');
export const everyGeneric = Object.values(generic);

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

/** What is in clear in it is looked for everywhere. */
export type SecretReport = [name: string, format: string, text: string | Buffer, secrets: string[]];

export const reports: SecretReport[] = [
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
  ...planted('dependency-check', 'dependency-check', 'shop.json', 'description notes fileName filePath RequiredAction'),
  [
    'detect-secrets, whose hashes are enough to try values',
    'detect-secrets',
    fixture('detect-secrets/fixtures/terragoat.json'),
    [...fixture('detect-secrets/fixtures/terragoat.json').matchAll(/"hashed_secret": "(\w+)"/g)].map(
      ([, hash]) => hash ?? '',
    ),
  ],
  ['Dracon', 'dracon', draconFile(), everyGeneric],
  [
    'SpotBugs',
    'findsecbugs',
    fixture('findsecbugs/fixtures/shop.xml').replaceAll(
      /(<(?:ShortMessage|LongMessage|Message)>)/g,
      `$1${telling.replaceAll('&', '&amp;').replaceAll('<', '&lt;')} `,
    ),
    everyGeneric,
  ],
  ...planted('npm audit', 'npm-audit', 'shop.json', 'title dependency'),
  ...planted('npm audit of npm 6', 'npm-audit', 'npm-6.json', 'title overview recommendation references'),
  ...planted('OSV-Scanner', 'osv-scanner', 'nodegoat.json', 'summary details path'),
  ...planted('pip-audit', 'pip-audit', 'flask-app.json', 'description'),
  ...planted('Retire.js', 'retire', 'small-js.json', 'summary detection'),
  ...planted('ShellCheck', 'shellcheck', 'small-sh.json', 'message'),
  [
    'Staticcheck',
    'staticcheck',
    fixture('staticcheck/fixtures/govwa.json').replaceAll(
      '"message":"',
      () => `"message":"${JSON.stringify(telling).slice(1, -1)} `,
    ),
    everyGeneric,
  ],
  ...planted('Trivy', 'trivy', 'fs.json', 'Title Description Message Resolution Match Content Statement Text'),
];

/** A fixture with all of them in the members of these names. */
function planted(name: string, format: string, file: string, members: string): SecretReport[] {
  const names = new Set(members.split(' '));
  const text = JSON.stringify(JSON.parse(fixture(`${format}/fixtures/${file}`)), (key, value: unknown) =>
    names.has(key) && typeof value === 'string' ? `${value} ${telling}` : value,
  );
  return [[name, format, text, everyGeneric]];
}

/** A LaunchToolResponse with an issue whose every text tells. */
function draconFile(): Buffer {
  const field = (number: number, content: string | Buffer): Buffer => {
    const bytes = Buffer.from(content as string);
    const length = [bytes.length & 127, bytes.length >> 7];
    return Buffer.concat([
      Buffer.from([(number << 3) | 2, ...(length[1] ? [(length[0] ?? 0) | 128, length[1]] : [length[0] ?? 0])]),
      bytes,
    ]);
  };
  const issue = [
    field(1, 'file:///src/a.go:1-2'),
    field(2, 'G101'),
    ...[3, 7, 8, 12].map((number) => field(number, telling)),
  ];
  return Buffer.concat([field(2, 'gosec'), field(3, Buffer.concat(issue))]);
}

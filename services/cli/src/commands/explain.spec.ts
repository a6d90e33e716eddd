import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { against } from '../testing/against.ts';
import { findingRecord } from '../testing/assessed.ts';
import { runCli } from '../testing/run-cli.ts';

const policy = `rules:
  - name: tests
    when: finding.path.startsWith("test/")
    suppress: { reason: not shipped, expires: 2026-12-31 }
  - name: weak
    when: finding.rule == "G404"
    severity: low
    tags: [random]
  - name: high
    when: finding.severity == "high"
    severity: critical
`;
const issue = (rule: string, file: string, line: number) => ({
  severity: 'HIGH',
  confidence: 'HIGH',
  rule_id: rule,
  details: `about ${rule}`,
  file,
  code: `${line}: x := ${line}\n`,
  line: String(line),
  column: '1',
});
const issues = [issue('G404', 'test/a.go', 1), issue('G404', 'src/b.go', 2), issue('G101', 'src/c.go', 3)];
const report = JSON.stringify({
  'Golang errors': {},
  Issues: issues,
  Stats: { files: 3, lines: 9, nosec: 0, found: 3 },
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-explain-'));
  await writeFile(join(folder, 'policy.yaml'), policy);
  await writeFile(join(folder, 'wrong.yaml'), policy.replace('finding.rule', 'finding.rul'));
  await writeFile(join(folder, 'fails.yaml'), policy.replace('finding.path.', 'finding.purl.'));
  await writeFile(join(folder, 'gosec.json'), report);
});
afterAll(() => rm(folder, { recursive: true }));

const explain = (...argv: string[]) => runCli(['explain', 'policy', ...argv], { cwd: folder });

describe('assay explain policy', () => {
  it('checks a policy and says what its rules do', async () => {
    const ran = await explain('policy.yaml', '--at', '2026-06-01');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out.split('\n')).toEqual([
      'RULE   LINE  DOES                         WHEN',
      'tests     2  suppressed until 2026-12-31  finding.path.startsWith("test/")',
      'weak      5  severity low; tags random    finding.rule == "G404"',
      'high      9  severity critical            finding.severity == "high"',
      '',
    ]);
  });

  it('tells what is wrong with line and column', async () => {
    expect(await explain('wrong.yaml')).toMatchObject({
      code: 2,
      out: '',
      err: 'assay: wrong.yaml:6:19: rule "weak": when: No such key: rul\n',
    });
  });

  it('shows what a report’s findings become, without a platform', async () => {
    const ran = await explain('policy.yaml', '--report', 'gosec.json', '--at', '2026-06-01');
    expect(ran).toMatchObject({ code: 0, err: 'rules apply to 3 of 3 findings\n' });
    const words = ran.out.split('\n').map((line) => line.replace(/ {2,}/g, '|'));
    expect(words.slice(0, 4)).toEqual([
      'RULE|LINE|APPLIES|ACTS|EXPIRED|SHADOWED|FAILS|DOES|WHEN',
      'tests|2|1|1|0|0|0|suppressed until 2026-12-31|finding.path.startsWith("test/")',
      'weak|5|2|1|0|1|0|severity low; tags random|finding.rule == "G404"',
      'high|9|3|1|0|2|0|severity critical|finding.severity == "high"',
    ]);
    expect(words.slice(5).map((line) => line.replace(/^[0-9a-f]{8}/, 'ID'))).toEqual([
      'FINDING|TOOL|WHAT|WHERE|WAS|BECOMES|BY',
      'ID|gosec|G404|test/a.go:1|high|high, suppressed|tests, (weak: shadowed), (high: shadowed)',
      'ID|gosec|G404|src/b.go:2|high|low|weak, (high: shadowed)',
      'ID|gosec|G101|src/c.go:3|high|critical|high',
      '',
    ]);
  });

  it('prints the same as JSON, as of another time', async () => {
    const ran = await explain(
      'policy.yaml',
      '--report',
      'gosec.json',
      '--at',
      '2027-01-01',
      '-o',
      'json',
      '--limit',
      '1',
    );
    expect(JSON.parse(ran.out)).toMatchObject({
      match: 'first',
      at: '2027-01-01T00:00:00.000Z',
      rules: [{ rule: 'tests', line: 2, applies: 1, acts: 0, expired: 1 }, { acts: 2 }, { acts: 1, shadowed: 2 }],
      findings: 3,
      decided: 3,
      decisions: [
        {
          finding: { rule: 'G404', where: 'test/a.go:1' },
          answers: [
            { rule: 'tests', line: 2, outcome: 'expired' },
            { rule: 'weak', line: 5, outcome: 'acts' },
            { rule: 'high', line: 9, outcome: 'shadowed' },
          ],
          severity: { before: 'high', after: 'low' },
          annotations: {
            'policy.tests': 'suppression expired 2026-12-31',
            'policy.weak': 'severity low; tags random',
            'tag.random': 'true',
          },
        },
      ],
    });
  });

  it('ends with 1 when a rule fails on a finding', async () => {
    const ran = await explain('fails.yaml', '--report', 'gosec.json');
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('tests fails: No such key: purl, weak');
    expect(ran.err).toContain('ask has(…)');
  });

  it('tries it on a finding of the platform', async () => {
    const stored = { ...findingRecord({ path: 'test/x.js', annotations: { team: 'a\x1b[2J' } }), state: 'open' };
    const ran = await against(
      [{ request: 'GET /api/v1/findings/01234567', answer: { items: [stored] } }],
      ['explain', 'policy', 'policy.yaml', '--finding', '01234567', '--at', '2026-06-01'],
      { cwd: folder },
    );
    expect(ran).toMatchObject({ code: 0, err: 'rules apply to 1 of 1 finding\n' });
    expect(ran.out).toContain(
      '  suppressed  not shipped\n  team  a\\x1b[2J\n  policy.tests  suppressed until 2026-12-31\n',
    );
  });

  it.each([
    [['none.yaml'], 'none.yaml cannot be read'],
    [['.'], '. is no file'],
    [['policy.yaml', '--report', 'none.json'], 'cannot be read'],
    [['policy.yaml', '--report', 'gosec.json', '--finding', '01234567'], 'give either --finding or --report'],
    [['policy.yaml', '--at', 'tomorrow'], 'It must be a time like'],
  ])('refuses %j', async (argv, sentence) => {
    expect(await explain(...argv)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(sentence) });
  });
});

// Reports that are broken, strange, empty or of a tool that failed, through every door of a running platform. Each is
// named with its place and its repair, none is taken for a complete scan, and the platform goes on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Assessment,
  assessmentNames,
  type DeadLetter,
  messageType,
  type RunAssessed,
  reportSubmitted,
} from '@assay/contracts';
import { root } from '@assay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LivePlatform, reportIdOf } from './live-platform.suite.ts';

let live: LivePlatform;
beforeAll(async () => {
  live = await LivePlatform.start({ ASSAY_LEDGER_ASSESS_AFTER_MS: '1000' });
}, 60_000);
afterAll(() => live?.stop());
afterEach(async () => expect(await live.isReady()).toBe(true));

const fixture = (path: string) => readFileSync(join(root, 'services/producer/src/adapters', path), 'utf8');
const assessmentOf = ({ assessment }: RunAssessed) => assessmentNames.of(assessment as Assessment);

/** One report by each door that leads to the bus: HTTP, and a NATS client that speaks JSON or protobuf. */
const doors = ['HTTP', 'NATS with JSON', 'NATS with protobuf'] as const;
async function submitted(door: (typeof doors)[number], format: string, target: string, text: string): Promise<string> {
  if (door === 'HTTP') {
    return reportIdOf(await live.submit({ format, target }, text));
  }
  const subject = `assay.report.submitted.${format}`;
  const report = { target: { name: target, kind: '' }, text };
  if (door === 'NATS with JSON') return live.send(subject, JSON.stringify(report));
  return live.send(subject, reportSubmitted.message.encode(messageType('ReportSubmitted').create(report)), {
    'content-type': 'application/protobuf',
  });
}

/** The report is refused at every door, and what was read of it is no complete report. */
async function refusedEverywhere(format: string, text: string, code: string, words: RegExp): Promise<void> {
  const cli = await live.assay(['report', 'parse', '--format', format, '-'], { stdin: text });
  expect([cli.code, cli.err]).toEqual([2, expect.stringMatching(words)]);
  if (cli.out !== '') expect(cli.err).toMatch(/NOT a complete report/);
  const target = `of-${format}`;
  const known = await openFindings(target);
  expect(await live.submit({ format, target }, text)).toMatchObject({
    status: 422,
    type: expect.stringContaining('application/problem+json'),
    json: { code: 'report.unreadable', detail: expect.stringMatching(words) },
  });
  await Promise.all(
    doors.map(async (door) => {
      const id = await submitted(door, format, target, text);
      const [letter, run] = await Promise.all([live.letterOf(id), live.assessed(id)]);
      expect([door, letter.service, letter.code, letter.reason]).toEqual([
        door,
        'producer',
        code,
        expect.stringMatching(words),
      ]);
      expect(assessmentOf(run)).toBe('partial');
      expect(run.problems).toEqual([expect.stringContaining(letter.reason.slice(0, 100))]);
      expect(run.transitions['fixed']).toBeUndefined();
    }),
  );
  // Whatever it did not name is as open as before.
  expect(await openFindings(target)).toEqual(expect.arrayContaining(known));
}

async function openFindings(target: string): Promise<string[]> {
  const { json } = await live.http('GET', `/api/v1/findings?limit=1000&state=open&target=${target}`);
  return (json.items as { id: string }[]).map(({ id }) => id).sort();
}

const whole: [format: string, fixture: string][] = [
  ['bandit', 'bandit/fixtures/dsvw.json'],
  ['checkov', 'checkov/fixtures/nodegoat.dockerfile.json'],
  ['cyclonedx', 'cyclonedx/fixtures/retire.json'],
  ['cyclonedx', 'cyclonedx/fixtures/retire.xml'],
  ['detect-secrets', 'detect-secrets/fixtures/nodegoat.json'],
  ['eslint', 'eslint/fixtures/small-js.json'],
  ['gitleaks', 'gitleaks/fixtures/terragoat.dir.json'],
  ['gosec', 'gosec/fixtures/govwa.json'],
  ['njsscan', 'njsscan/fixtures/nodegoat.json'],
  ['retire', 'retire/fixtures/nodegoat.json'],
  ['sarif', 'sarif/fixtures/eslint.sarif'],
  ['secretlint', 'secretlint/fixtures/small-js.json'],
  ['secretlint', 'secretlint/fixtures/small-js.sarif'],
  ['semgrep', 'semgrep/fixtures/pygoat.json'],
];

const cuts: [where: string, end: (text: string) => number][] = [
  ['after its first sign', () => 1],
  ['within its first word', (text) => text.search(/\w/) + 2],
  ['after a third', (text) => Math.floor(text.length / 3)],
  ['behind a record', (text) => text.search(/\}|<\/\w+>/) + (/\}|<\/\w+>/.exec(text)?.[0].length ?? 0)],
  [
    'behind a later record',
    (text) => Math.max(text.lastIndexOf('},'), text.lastIndexOf('</', text.length - 20) - 1) + 1,
  ],
  ['before its last sign', (text) => text.length - 1],
];

describe('a report that was cut off', () => {
  beforeAll(async () => {
    for (const [format, path] of whole) {
      const { json } = await live.submit({ format, target: `of-${format}` }, fixture(path));
      expect(assessmentOf(await live.assessed(json.runId))).toBe('complete');
    }
  });

  it.each(whole.flatMap(([format, path]) => cuts.map(([where, end]) => ({ format, path, where, end }))))(
    '$where is refused by its place: $format $path',
    async ({ format, path, end }) => {
      const text = fixture(path).trim();
      const cut = text.slice(0, end(text));
      await refusedEverywhere(format, cut, 'report.truncated', /(byte|line) \d+.*(whole|again)/s);
    },
  );
});

describe('a report that is none', () => {
  const gosec = fixture('gosec/fixtures/govwa.json');
  const eslint = fixture('eslint/fixtures/small-js.json');
  it.each<[string, string, string, string, RegExp]>([
    ['of another tool', 'sarif', gosec, 'report.not-sarif', /not SARIF 2\.1\.0.*"runs"/],
    ['of another tool', 'gosec', eslint, 'report.field', /gosec report must be an object, but is a list.*own report/],
    [
      'of another tool',
      'gosec',
      fixture('bandit/fixtures/dsvw.json'),
      'report.format',
      /no "Issues".*gosec’s JSON \(-fmt json\)/,
    ],
    ['of another tool', 'bandit', gosec, 'report.format', /no "results".*Bandit’s JSON \(-f json\)/],
    ['of another tool', 'semgrep', gosec, 'report.format', /no "results".*Semgrep’s JSON \(--json\)/],
    ['of another tool', 'gitleaks', eslint, 'report.field', /gitleaks record 0.*own report/],
    [
      'of another tool',
      'eslint',
      fixture('gitleaks/fixtures/terragoat.dir.json'),
      'report.field',
      /ESLint file 0: "filePath".*own report/,
    ],
    ['of another tool', 'secretlint', eslint, 'report.not-secretlint', /secretlint/],
    ['of another tool', 'cyclonedx', gosec, 'report.not-cyclonedx', /CycloneDX/],
    ['of another tool', 'cyclonedx', '<html><body/></html>', 'report.not-cyclonedx', /CycloneDX/],
    ['text', 'gosec', 'panic: runtime error', 'report.not-json', /byte \d+/],
    ['text', 'bandit', 'Traceback (most recent call last)', 'report.not-json', /byte \d+/],
    ['text', 'cyclonedx', 'npm ERR! missing script', 'report.not-json', /byte \d+.*own JSON/],
    ['broken in the middle', 'eslint', '[{"filePath":"a.js","messages":[]},oops]', 'report.not-json', /byte 35/],
    ['followed by something else', 'gitleaks', '[] Done.', 'report.not-json', /byte \d+/],
    ['with a field of another kind', 'gosec', gosec.replace('"MEDIUM"', '7'), 'report.field', /"severity".*a string/],
    ['with a list that is none', 'gosec', '{"Issues":{"a":1},"Stats":{}}', 'report.field', /Issues/],
    ['of an unknown format', 'nope', '{}', 'report.unknown-format', /"nope".*bandit, .*semgrep.*auto/],
    ['garbage, for auto', 'auto', 'garbage', 'report.unknown-format', /known formats are bandit, .*semgrep/],
    ['bytes, for auto', 'auto', '\u0000\u0001\ufffd', 'report.unknown-format', /known formats are/],
    ['a page, for auto', 'auto', '<!doctype html><html></html>', 'report.unknown-format', /known formats are/],
    ['an object of nobody, for auto', 'auto', '{"hello":1}', 'report.unknown-format', /known formats are/],
    ['a list that may be several, for auto', 'auto', '[]', 'report.unknown-format', /eslint or gitleaks.*say which/],
    ['cut off, for auto', 'auto', gosec.slice(0, 3000), 'report.truncated', /byte 3000.*whole/],
    ['only spaces, for auto', 'auto', ' \n', 'report.empty', /empty list, not an empty file/],
    ['only spaces', 'gosec', ' \n', 'report.empty', /empty/],
  ])('%s is refused as %s', async (_, format, text, code, words) => {
    await refusedEverywhere(format, text, code, words);
  });

  it.each([...new Set(whole.map(([format]) => format)), 'auto'])('of zero bytes is an error: %s', async (format) => {
    const words = /is empty.*a tool that found nothing writes an empty (result|list), not an empty file/;
    const query = ['--format', format, '--target', 'empty'];
    for (const command of [
      ['report', 'parse', '--format', format],
      ['report', 'submit', ...query],
    ]) {
      const ran = await live.assay([...command, '-'], { stdin: '' });
      expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringMatching(words)]);
    }
    expect(await live.submit({ format, target: 'empty' }, '')).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
      json: { code: 'report.empty', detail: expect.stringMatching(words) },
    });
    for (const door of ['NATS with JSON', 'NATS with protobuf'] as const) {
      const id = await submitted(door, format, 'empty', '');
      expect(await live.letterOf(id)).toMatchObject({ code: 'report.empty', reason: expect.stringMatching(words) });
      expect(assessmentOf(await live.assessed(id))).toBe('partial');
    }
  });

  it('is told to whoever submits it', async () => {
    const words = ['report', 'submit', '--format', 'gosec', '--target', 'waits', '--wait', '-'];
    const ran = await live.assay(words, { stdin: gosec.slice(0, 3000) });
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringMatching(/ends at byte 3000.*submit it whole/)]);
  });
});

describe('an empty report', () => {
  it.each([
    ['cyclonedx', fixture('cyclonedx/fixtures/syft-empty.json'), 'complete'],
    ['cyclonedx', '<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><components/></bom>', 'complete'],
    ['eslint', '[]', 'complete'],
    ['gitleaks', fixture('gitleaks/fixtures/edge-empty.json'), 'complete'],
    ['gosec', fixture('gosec/fixtures/edge-clean-go.json'), 'complete'],
    ['sarif', '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}', 'complete'],
    ['secretlint', '[]', 'complete'],
    // These two say that they looked at no file at all.
    ['bandit', fixture('bandit/fixtures/edge-empty.json'), 'partial'],
    ['semgrep', fixture('semgrep/fixtures/edge-empty.json'), 'partial'],
  ])('of %s has no findings and is no error', async (format, text, completeness) => {
    const ran = await live.assay(['report', 'parse', '--format', format, '--summary', '-'], { stdin: text });
    expect([ran.code, JSON.parse(ran.out)]).toEqual([
      0,
      expect.objectContaining({ findings: 0, raw: 0, completeness }),
    ]);
    for (const door of doors) {
      const run = await live.assessed(await submitted(door, format, 'nothing', text));
      expect([assessmentOf(run), run.reports[0]?.findings]).toEqual([completeness, 0]);
    }
  });
});

describe('a report of a tool that failed', () => {
  it.each([
    ['looks clean', 'bandit', 'bandit/fixtures/edge-missing-dir.json', 'failed', /nope.*No such file/],
    ['looks clean', 'semgrep', 'semgrep/fixtures/edge-badconfig.json', 'failed', /config/],
    ['looks clean', 'sarif', 'sarif/fixtures/njsscan-failed.sarif', 'failed', /nodejsscan|njsscan|successful/],
    ['looks like findings', 'eslint', 'eslint/fixtures/edge-broken-js.json', 'partial', /pars/i],
    ['has findings too', 'bandit', 'bandit/fixtures/edge-broken-py.json', 'partial', /binary\.py.*syntax error/],
    ['has findings too', 'gosec', 'gosec/fixtures/edge-broken-go.json', 'partial', /main\.go|syntax error/],
    ['has findings too', 'semgrep', 'semgrep/fixtures/edge-broken-js.json', 'partial', /broken|syntax/i],
    ['a rule of it broke', 'semgrep', 'semgrep/fixtures/edge-badrule.json', 'failed', /rule/i],
    ['has findings too', 'sarif', 'sarif/fixtures/bandit-broken-file.sarif', 'partial', /binary\.py/],
    ['has findings too', 'sarif', 'sarif/fixtures/eslint-broken-file.sarif', 'partial', /pars/i],
    ['has findings too', 'sarif', 'sarif/fixtures/semgrep-broken-file.sarif', 'partial', /syntax/i],
  ])('%s, and is no complete scan: %s %s', async (_, format, path, completeness, why) => {
    const text = fixture(path);
    const ran = await live.assay(['report', 'parse', '--format', format, '--summary', '-'], { stdin: text });
    expect([ran.code, JSON.parse(ran.out).completeness, ran.err]).toEqual([
      completeness === 'failed' ? 4 : 0,
      completeness,
      expect.stringMatching(why),
    ]);
    const submit = ['report', 'submit', '--format', format, '--target', 'failing', '--wait', '-'];
    const waited = await live.assay(submit, { stdin: text });
    expect([waited.code, waited.out + waited.err]).toEqual([4, expect.stringMatching(why)]);
    for (const door of doors) {
      const run = await live.assessed(await submitted(door, format, 'failing', text));
      expect([assessmentOf(run), run.problems]).toEqual(['partial', [expect.stringMatching(why)]]);
      expect(run.transitions['fixed']).toBeUndefined();
    }
  });
});

describe('a report for a step that nobody serves', () => {
  it('fails its run by the name of the step', async () => {
    const { json } = await live.submit(
      { format: 'gosec', target: 'stepped', step: 'nope' },
      fixture('gosec/fixtures/govwa.json'),
    );
    const letters = await lettersOf('enricher', json.reportId as string);
    expect(letters).toMatchObject({
      code: 'step.unknown',
      reason: expect.stringMatching(/"nope".*annotate, codeowners/),
    });
    const run = await live.assessed(json.runId as string);
    expect([assessmentOf(run), run.problems]).toEqual([
      'incomplete',
      [expect.stringMatching(/21 of 21 findings did not come through step nope: see the dead letters of enricher/)],
    ]);
  });
});

/** The letter that a service wrote about a report's batch. */
async function lettersOf(service: string, reportId: string): Promise<DeadLetter> {
  return live.letterWhere((letter) => letter.service === service && letter.headers['ce-subject'] === reportId);
}

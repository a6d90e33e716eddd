import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';
import { gosec } from '../testing/gosec.ts';
import { runCli } from '../testing/run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-run-'));
  await writeFile(join(folder, 'report.json'), '{"Issues":[]}');
});

afterAll(() => rm(folder, { recursive: true }));

describe('assay report submit', () => {
  const answer = { reportId: 'rep-1', runId: 'run-1', digest: 'sha256:0', size: 13 };

  it('streams a file and prints its id', async () => {
    const ran = await against(
      [
        {
          request:
            'POST /api/v1/reports?format=gosec&target=shop&partial=no go.mod&sourceRoot=/src&step=annotate:a=b&step=codeowners',
          status: 202,
          answer,
        },
      ],
      [
        'report',
        'submit',
        '--format',
        'gosec',
        '--target',
        'shop',
        '--partial',
        'no go.mod',
        '--source-root',
        '/src',
        '--step',
        'annotate:a=b',
        '--step',
        'codeowners',
        join(folder, 'report.json'),
      ],
    );
    expect(ran).toMatchObject({ code: 0, out: 'rep-1\n', err: '' });
    expect(ran.received[0]?.body).toBe('{"Issues":[]}');
    expect(ran.received[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['no lock file\nsecond line\n', [], 'no lock file'],
    ['', [], 'true'],
    ['no lock file', ['--partial=as I say'], 'as I say'],
  ])('takes what stands beside a report, "%s", with %j as partial=%s', async (text, flags, partial) => {
    const report = join(folder, 'noted.json');
    await writeFile(report, '{"Issues":[]}');
    await writeFile(`${report}.partial.txt`, text);
    const request = `POST /api/v1/reports?format=gosec&target=shop&partial=${partial}`;
    const argv = ['report', 'submit', '--format=gosec', '--target=shop', ...flags, report];
    expect(await against([{ request, status: 202, answer }], argv)).toMatchObject({ code: 0, out: 'rep-1\n' });
  });

  it('sends a file again with the same key while the gateway is busy', async () => {
    const request = 'POST /api/v1/reports?format=gosec&run=run-1&task=gosec';
    const ran = await against(
      [
        { request, ...problem(503, 'busy'), headers: { 'retry-after': '0' } },
        { request, status: 202, answer },
      ],
      [
        'report',
        'submit',
        '--format',
        'gosec',
        '--run',
        'run-1',
        '--task',
        'gosec',
        join(folder, 'report.json'),
        '-o',
        'json',
      ],
    );
    expect(JSON.parse(ran.out)).toEqual(answer);
    const keys = ran.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(keys[1]);
  });

  it('takes stdin, once', async () => {
    const ran = await against(
      [{ request: 'POST /api/v1/reports?format=auto&target=shop', ...problem(503, 'busy') }],
      ['report', 'submit', '--format', 'auto', '--target', 'shop', '-'],
      { stdin: '{}' },
    );
    expect(ran).toMatchObject({ code: 3, out: '', err: 'assay: busy\n' });
    expect(ran.received[0]?.body).toBe('{}');
  });
});

describe('assay report parse', () => {
  it('prints one line of counts', async () => {
    const ran = await runCli(['report', 'parse', '--format', 'auto', '--summary', '-'], { stdin: gosec(2) });
    expect(JSON.parse(ran.out)).toMatchObject({
      format: 'gosec',
      raw: 2,
      findings: 2,
      merged: 0,
      filtered: 0,
      severities: { high: 2 },
      completeness: 'complete',
    });
    expect(ran).toMatchObject({ code: 0, err: '' });
  });

  it('prints findings as JSON lines', async () => {
    const ran = await runCli(['report', 'parse', '--format', 'gosec', '--target', 'shop', '-'], { stdin: gosec(2) });
    const findings = ran.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { target: string; startLine: number });
    expect(findings.map(({ target, startLine }) => [target, startLine])).toEqual([
      ['shop', 1],
      ['shop', 2],
    ]);
  });

  it('says of findings already printed that they are not the report', async () => {
    const ran = await runCli(['report', 'parse', '--format', 'gosec', '-'], { stdin: gosec(2000).slice(0, -300) });
    expect(ran.code).toBe(2);
    const printed = ran.out.trimEnd().split('\n').length;
    expect(ran.err.trimEnd().split('\n').at(-1)).toBe(
      `assay: the report broke off: the ${printed} findings above are NOT a complete report`,
    );
  });

  it.each([
    ['an unknown format', 'nope', gosec(1), 'nope'],
    ['another format', 'sarif', gosec(1), ''],
    ['no byte at all', 'gosec', '', 'is empty (zero bytes)'],
    ['what is no report', 'auto', 'hello', ''],
  ])('refuses %s', async (_, format, stdin, sentence) => {
    const ran = await runCli(['report', 'parse', '--format', format, '--summary', '-'], { stdin });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(/^assay: ./);
    expect(ran.err).toContain(sentence);
  });
});

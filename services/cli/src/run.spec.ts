import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { against } from './testing/against.ts';
import { gosec } from './testing/gosec.ts';
import { runCli } from './testing/run-cli.ts';
import { scriptedGateway } from './testing/scripted-gateway.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-run-'));
  await writeFile(join(folder, 'report.json'), '{}');
  await writeFile(join(folder, 'empty.json'), '');
  await writeFile(join(folder, 'CODEOWNERS'), '* @all\n/docs/ @writers\n');
});

afterAll(() => rm(folder, { recursive: true }));

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['scna'], 'Did you mean scan?'],
    ['an unknown command of a command', ['finding', 'sow'], 'Did you mean show?'],
    ['an unknown option', ['finding', 'ls', '--severty', 'high'], 'Did you mean --severity?'],
    ['a missing argument', ['finding', 'show'], "missing required argument 'id'"],
    ['too many arguments', ['finding', 'show', 'a', 'b'], 'too many arguments'],
    ['a missing option', ['report', 'submit', 'report.json'], "required option '--format <format>' not specified"],
    ['a value that is not allowed', ['finding', 'ls', '--severity', 'bad'], 'Allowed are unspecified, info'],
    ['a number out of bounds', ['finding', 'ls', '--limit', '0'], 'a whole number from 1 to'],
    ['a command without its own', ['finding'], 'Usage: assay finding'],
    ['nothing at all', [], 'Usage: assay'],
    ['a folder that is not there', ['scan', 'nope'], 'nope cannot be read'],
    ['a file to scan', ['scan', 'report.json'], 'is no folder'],
    ['an empty report', ['report', 'submit', '--format', 'gosec', 'empty.json'], 'is empty (zero bytes)'],
    ['a report that is not there', ['report', 'parse', '--format', 'auto', 'nope'], 'nope cannot be read'],
    ['an unknown shell', ['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
    ['dropping everything without --yes', ['dead', 'drop'], 'Give the sequences to drop, or --all'],
    ['a moment that is none', ['event', 'tail', '--since', 'soon'], 'is no moment'],
  ])('ends with 2 and says so: %s', async (_, argv, sentence) => {
    const ran = await against([], argv, { cwd: folder });
    expect(ran.err).toContain(sentence);
    expect(ran).toMatchObject({ code: 2, out: '' });
  });

  it.each([[['--help']], [['help', 'scan']], [['report', 'parse', '--help']]])(
    '%j is help with examples, on stdout',
    async (argv) => {
      const ran = await runCli(argv);
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.out).toContain('Examples:\n  assay ');
    },
  );
});

describe('without a platform', () => {
  it('says how to start one and ends with 3', async () => {
    const gateway = await scriptedGateway([]);
    await gateway.finish();
    expect(await runCli(['finding', 'ls'], { env: { ASSAY_URL: gateway.url } })).toEqual({
      code: 3,
      out: '',
      err: `assay: nothing answers at ${gateway.url}: start it with \`npm start\` or set ASSAY_URL\n`,
    });
  });

  it('explains owners', async () => {
    const ran = await runCli(['explain', 'owner', 'CODEOWNERS', 'docs/a.md', 'src/b.js'], { cwd: folder });
    expect(JSON.parse(ran.out)).toEqual([
      { path: 'docs/a.md', owners: ['@writers'], line: 2 },
      { path: 'src/b.js', owners: ['@all'], line: 1 },
    ]);
  });

  it('is quiet when the reader of its output leaves', async () => {
    // More than a pipe holds, so that somebody must notice.
    await writeFile(join(folder, 'many.json'), gosec(3000));
    const main = join(import.meta.dirname, 'main.ts');
    const line = `"$1" "$2" report parse --format gosec "$3" | head -n 1 | wc -l; echo "\${PIPESTATUS[0]}"`;
    const argv = ['-c', line, 'bash', process.execPath, main, join(folder, 'many.json')];
    expect(await promisify(execFile)('bash', argv)).toEqual({ stdout: '1\n0\n', stderr: '' });
  });
});

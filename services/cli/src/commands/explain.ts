// assay explain owner | policy
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { InvalidArgumentError } from 'commander';
import { type Define, integer, outputOption, usageError } from '../command.ts';
import type { ExplainPolicyFlags } from '../explain-policy.ts';
import type { Io } from '../io.ts';
import { toJson } from '../terminal-text.ts';

export const define: Define = (command, io) => {
  command
    .command('owner')
    .summary('who owns paths by a CODEOWNERS file, and which line says so')
    .description('Show who owns paths by a CODEOWNERS file, and which line says so, as JSON: [{path, owners, line}].')
    .argument('<codeowners>', 'the CODEOWNERS file')
    .argument('<path...>', 'paths from the repository’s root')
    .example('assay explain owner .github/CODEOWNERS src/app.js docs/README.md', 'line null: no line matches')
    .does(io, async (file: string, paths: string[]) => {
      const { maxCodeownersBytes, ownersOf, parseCodeowners } = await import('@assay/enricher');
      const codeowners = parseCodeowners(await readSmall(io, file, 'a CODEOWNERS file', maxCodeownersBytes));
      const owned = paths.map((asked) => ({ path: asked, ...ownersOf(codeowners, asked) }));
      await io.out.line(toJson(owned, 2));
      return undefined;
    });

  command
    .command('policy')
    .summary('check a policy, and see what its rules make of findings')
    .description(
      'Check a policy: mistakes are told with line and column. With a report or a finding: which rules apply, and what each finding becomes. Ends with 1 when a rule fails on a finding.',
    )
    .argument('<file>', 'the policy, YAML or JSON')
    .option('--report <file>', 'try it on the findings of this report, "-" for stdin; needs no platform')
    .option('--format <format>', 'of the report: e.g. gosec, sarif; auto recognises it', 'auto')
    .option('--target <name>', 'the target that the report’s findings are of', 'local')
    .option('--finding <id>', 'try it on a finding of the platform, as it stands now; at least 8 digits from the start')
    .option('--at <time>', 'as of this RFC 3339 time; default: now', moment)
    .option('--limit <count>', 'show at most this many findings', integer(1, 100_000), 200)
    .addOption(outputOption())
    .example('assay explain policy policy.yaml', 'is it right, and what do its rules do?')
    .example('assay explain policy policy.yaml --report gosec.json', 'what would become of these findings?')
    .example('assay explain policy policy.yaml --finding 3f9a61c2 --at 2027-01-01', 'is it still suppressed then?')
    .does(io, async (file: string, flags: Omit<ExplainPolicyFlags, 'at'> & { at?: Date }) => {
      if (flags.finding !== undefined && flags.report !== undefined)
        throw usageError('give either --finding or --report');
      const { maxPolicyBytes, parsePolicy } = await import('@assay/enricher');
      const policy = parsePolicy(await readSmall(io, file, 'a policy', maxPolicyBytes), file);
      const { explainPolicy } = await import('../explain-policy.ts');
      return await explainPolicy(io, policy, { ...flags, at: flags.at ?? new Date() });
    });
};

/** The text of a file that is small. Throws InvalidInput "explain.file" when it is none. */
async function readSmall(io: Io, file: string, noun: string, maxBytes: number): Promise<string> {
  const path = resolve(io.cwd, file);
  const found = await stat(path).catch((cause: unknown) => {
    throw new InvalidInput(`${file} cannot be read; give ${noun} that is there`, { code: 'explain.file', cause });
  });
  if (!found.isFile() || found.size > maxBytes)
    throw new InvalidInput(`${file} is no file of at most ${maxBytes} bytes`, { code: 'explain.file' });
  return await readFile(path, 'utf8');
}

function moment(value: string): Date {
  const time = new Date(value);
  if (/^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('It must be a time like 2026-12-31 or 2026-12-31T12:00:00Z.');
}

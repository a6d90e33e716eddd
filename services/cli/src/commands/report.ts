// assay report submit | parse
import { type Define, integer, outputOption } from '../command.ts';
import { openReport, openReportTwice, partialNote } from '../report-input.ts';
import { step } from '../steps.ts';
import type { SubmitOptions } from '../submit-report.ts';
import { oneLine, toJson } from '../terminal-text.ts';

interface SubmitFlags extends SubmitOptions {
  wait?: boolean;
  limit: number;
  output: string;
}

export const define: Define = (command, io) => {
  command
    .command('submit')
    .summary('hand a report to the platform; prints its id')
    .description('Hand a tool’s raw report to the platform, streamed. Prints its id; findings follow on the bus.')
    .argument('<file>', 'the report, "-" for stdin')
    .requiredOption('--format <format>', 'e.g. gosec, sarif, cyclonedx; auto recognises it')
    .option('--target <name>', 'whose history this is; needed outside a run')
    .option('--kind <kind>', 'of the target: repository, image, cluster …')
    .option('--revision <id>', 'what was scanned: a commit or digest')
    .option('--run <id>', 'the run it belongs to')
    .option('--task <name>', 'the task of that run')
    .option('--scope <name>', 'which part of the target the scan covers')
    .option('--source-root <folder>', 'folder that absolute paths in the report start with')
    .option('--tool <name>', 'who made it, where the report does not say; NAME or NAME@VERSION')
    .option(
      '--partial [reason]',
      'the scan did not cover everything: closes no finding; default: the first line of <file>.partial.txt, if there',
    )
    .option('--step <step>', 'enrich by this step, as NAME:KEY=VALUE,…; may be repeated', step)
    .option('--idempotency-key <key>', 'the same key is taken once; default: a new one')
    .option('--wait', 'wait until it is assessed, and show findings and tally')
    .option('--limit <count>', 'with --wait: show at most this many', integer(1, 100_000), 200)
    .addOption(outputOption())
    .example('assay report submit --format gosec --target shop gosec.json', 'a file')
    .example('semgrep --json . | assay report submit --format semgrep --target shop -', 'a pipe')
    .example('assay report submit --format sarif --target shop --wait out.sarif', 'waits, and shows what became of it')
    .does(io, async (file: string, { wait, limit, output, ...options }: SubmitFlags) => {
      const { connect } = await import('../platform.ts');
      const { submitReport } = await import('../submit-report.ts');
      await using report = await openReport(io, file);
      const client = await connect(io);
      const partial = options.partial ?? (await partialNote(io, file));
      const submitted = await submitReport(client, report, { ...options, ...(partial ? { partial } : {}) });
      if (!wait) {
        await io.out.line(output === 'json' ? toJson(submitted) : oneLine(submitted.reportId));
        return undefined;
      }
      io.err.put(`report ${oneLine(submitted.reportId)} submitted; waiting for its tally\n`);
      const { awaitReport } = await import('../await-report.ts');
      const { showRun } = await import('../show-run.ts');
      const assessed = await awaitReport(io, client, submitted);
      return await showRun(io, client, assessed, { output, limit });
    });

  command
    .command('parse')
    .summary('read a report without a platform; prints findings as JSON lines')
    .description('Read a report without a platform. Prints findings as JSON lines, or one line with its counts.')
    .argument('<file>', 'the report, "-" for stdin')
    .requiredOption('--format <format>', 'e.g. gosec, sarif, cyclonedx; auto recognises it')
    .option('--summary', 'just the counts: raw = findings + merged + filtered')
    .option('--target <name>', 'the target that identities are made for', 'local')
    .option('--source-root <folder>', 'folder that absolute paths in the report start with')
    .example('assay report parse --format auto --summary gosec.json', 'one JSON line')
    .example('assay report parse --format sarif out.sarif | jq .title', 'findings')
    .does(
      io,
      async (file: string, options: { format: string; summary?: boolean; target: string; sourceRoot?: string }) => {
        const { parseReport } = await import('../parse-report.ts');
        await using report = await openReportTwice(io, file);
        return await parseReport(io, report, options);
      },
    );
};

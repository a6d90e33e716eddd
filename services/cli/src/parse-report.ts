// Reads a report without a platform: findings as JSON lines, or its counts as one line.
import { InvalidInput } from '@assay/contracts/errors';
import type { ParseSummary } from '@assay/producer';
import { type ExitCode, exitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { ReportInput } from './report-input.ts';
import { oneLine, toJson } from './terminal-text.ts';

export interface ParseFlags {
  format: string;
  summary?: boolean;
  target: string;
  sourceRoot?: string;
}

/** Throws InvalidInput when the report cannot be read to its end, saying that what was printed is not all. */
export async function parseReport(io: Io, report: ReportInput, options: ParseFlags): Promise<ExitCode> {
  const { adapters, parseToFindings } = await import('@assay/producer');
  const parsing = parseToFindings({
    adapters,
    report: { open: () => report.open(), sourceRoot: options.sourceRoot ?? '' },
    format: options.format,
    target: options.target,
    identityKey: io.env['ASSAY_IDENTITY_KEY'] || 'assay',
  });
  let printed = 0;
  try {
    for (;;) {
      const next = await parsing.next();
      if (next.done) return await finish(io, next.value, options.summary === true);
      io.signal.throwIfAborted();
      if (options.summary) continue;
      printed += 1;
      await io.out.line(toJson(next.value));
    }
  } catch (error) {
    if (printed === 0 || !(error instanceof InvalidInput)) throw error;
    const count = printed === 1 ? '1 finding' : `${printed} findings`;
    throw new InvalidInput(
      `${error.message}\nassay: the report broke off: the ${count} above are NOT a complete report`,
      {
        code: error.code,
      },
    );
  }
}

async function finish(io: Io, summary: ParseSummary, isSummary: boolean): Promise<ExitCode> {
  if (isSummary) await io.out.line(toJson(summary));
  if (summary.completeness !== 'complete') {
    io.err.put(
      `the report says that its scan was ${oneLine(summary.completeness)}: what it does not name may still be there\n`,
    );
    for (const note of summary.notes) io.err.put(`  ${oneLine(note)}\n`);
  }
  return summary.completeness === 'failed' ? exitCode.incomplete : exitCode.ok;
}

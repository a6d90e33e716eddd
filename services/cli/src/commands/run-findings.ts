// assay run-findings pull | push | pass
import { Option } from 'commander';
import { type Define, integer, usageError } from '../command.ts';
import type { PassOptions } from '../run-findings/pass-findings.ts';
import type { PullOptions } from '../run-findings/pull-findings.ts';
import type { PushOptions } from '../run-findings/push-findings.ts';

/** The result of a producer's task: ids, with blanks or line ends between them; of one that was skipped, none. */
function idsIn(result: string): string[] {
  return result.split(/[\s,]+/).filter(Boolean);
}

export const define: Define = (command, io) => {
  command
    .command('pull')
    .summary('write a run’s findings to files, all or none')
    .description(
      'Write a run’s findings to files for the program in a task’s next step, once all of them are there. With --step those that wait for that step, without it those that passed every step. The folder is made anew.',
    )
    .argument('[reports...]', 'ids: of these reports only; default: every report that the run has handed over')
    .requiredOption('--run <id>', 'the run')
    .requiredOption('--dir <folder>', 'where the files go')
    .option('--step <name>', 'the step that the program is: the task’s name')
    .addOption(
      new Option('--format <format>', 'jsonl: findings.jsonl, one finding a line; dracon: protobuf, a file a tool')
        .choices(['jsonl', 'dracon'])
        .default('jsonl'),
    )
    .option('--timeout <seconds>', 'how long what is missing is waited for', integer(1, 3600), 600)
    .example('assay run-findings pull --run "$RUN" --step age --dir findings', 'for an enricher')
    .example('assay run-findings pull --run "$RUN" --format dracon --dir .dracon/enrichers', 'for a consumer')
    .does(io, async (reports: string[], options: Omit<PullOptions, 'reports'>) => {
      const { connect } = await import('../platform.ts');
      const { pullFindings } = await import('../run-findings/pull-findings.ts');
      return await pullFindings(io, await connect(io), { ...options, reports: reports.flatMap(idsIn) });
    });

  command
    .command('push')
    .summary('return what a program changed in pulled findings')
    .description(
      'Return the findings that were pulled for a step, with what the program changed: severity, annotations, owners, suppression. All of them are returned, whatever the program left out, and unchanged when it failed.',
    )
    .requiredOption('--run <id>', 'the run')
    .requiredOption('--step <name>', 'the step that the program is')
    .requiredOption('--dir <folder>', 'where they were pulled to')
    .option('--from <path>', 'file or folder that the program wrote; default: it changed the files in place')
    .option('--exit-code-file <file>', 'holds the program’s exit code: $(steps.step-NAME.exitCode.path) in Tekton')
    .option('--timeout <seconds>', 'how long a gateway that is away or too busy is waited for', integer(1, 3600), 600)
    .example('assay run-findings push --run "$RUN" --step age --dir findings --from aged.jsonl', 'what it wrote')
    .does(io, async (options: PushOptions) => {
      if (options.step === '') throw usageError('--step must name the step');
      const { connect } = await import('../platform.ts');
      const { pushFindings } = await import('../run-findings/push-findings.ts');
      return await pushFindings(io, await connect(io), options);
    });

  command
    .command('pass')
    .summary('let findings go on that still wait for tasks')
    .description(
      'Return findings as they are that still wait for one of these steps, whose task failed or was never begun. For the end of a run: what came back before stays as it is.',
    )
    .argument('<steps...>', 'names of tasks that are steps, in the order of the run’s steps')
    .requiredOption('--run <id>', 'the run')
    .option('--timeout <seconds>', 'how long what is missing is waited for, for each', integer(1, 3600), 60)
    .example('assay run-findings pass --run "$RUN" age reachability', 'in a pipeline’s finally')
    .does(io, async (steps: string[], options: PassOptions) => {
      const { connect } = await import('../platform.ts');
      const { passFindings } = await import('../run-findings/pass-findings.ts');
      return await passFindings(io, await connect(io), steps, options);
    });
};

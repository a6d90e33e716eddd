// Says on stderr what a run is doing: on a terminal one line a task, rewritten when it ends; elsewhere plain lines.
import { Outcome, outcomeNames, Skip, type TaskFinished, type TaskLogged } from '@assay/contracts';
import type { Progress } from './follow-run.ts';
import type { Output } from './io.ts';
import { paint, type Style } from './table.ts';
import { fit, oneLine } from './terminal-text.ts';

/**
 * A function for `followRun`'s onProgress. What is skipped as many others are is told at the end, together. Where logs
 * run through the screen no line of it can be written anew.
 */
export function progressOn(output: Output, withLogs = false): (progress: Progress) => void {
  const tell = output.isTerminal && !withLogs ? live(output) : plain(output);
  return (progress) => {
    if (progress.kind !== 'task-finished' || progress.task.skip === Skip.UNSPECIFIED) tell(progress);
  };
}

function plain(output: Output): (progress: Progress) => void {
  return (progress) => {
    if (progress.kind === 'task-started') output.put(`${oneLine(progress.task.task)}: started\n`);
    if (progress.kind === 'task-finished') output.put(`${line(progress.task, false)}\n`);
    if (progress.kind === 'task-logged') output.put(logLines(progress.logged));
    if (progress.kind === 'run-finished') output.put('all tasks ended; waiting for the tally\n');
  };
}

function live(output: Output): (progress: Progress) => void {
  // Tasks in the order of their lines on the screen.
  const order: string[] = [];
  const show = (task: string, text: string) => {
    const at = order.indexOf(task);
    const up = order.length - at;
    if (at < 0) order.push(task);
    output.put(at < 0 ? `${text}\n` : `\x1b[${up}A\r\x1b[K${text}\x1b[${up}B\r`);
  };
  // A line that the terminal would break in two is one too many to count.
  const width = output.width - 1;
  return (progress) => {
    if (progress.kind === 'task-started') show(progress.task.task, fit(`${oneLine(progress.task.task)} …`, width));
    if (progress.kind === 'task-finished') show(progress.task.task, line(progress.task, output.hasColor, width));
  };
}

/** "gosec scan | what it wrote", each line. */
export function logLines({ task, step, text }: Pick<TaskLogged, 'task' | 'step' | 'text'>): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.map((each) => `${oneLine(`${task} ${step} | ${each}`)}\n`).join('');
}

const styles: Readonly<Record<number, Style>> = { [Outcome.SUCCEEDED]: 'green', [Outcome.SKIPPED]: 'yellow' };

function line(task: TaskFinished, color: boolean, width = Number.POSITIVE_INFINITY): string {
  const seconds = task.durationMs ? ` in ${(task.durationMs / 1000).toFixed(1)} s` : '';
  const text = `${oneLine(task.task)}: ${outcomeNames.of(task.outcome)}${seconds}${task.reason ? `: ${oneLine(task.reason)}` : ''}`;
  return paint(styles[task.outcome] ?? 'red', fit(text, width), color);
}

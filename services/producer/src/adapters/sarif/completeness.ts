// What a run says of its own course (SARIF 2.1.0 §3.20): a scan that did not read everything closes nothing.
import type { Parsing } from '../../adapter.ts';
import { type JsonObject, listOf, objectOf, positionOf, textOf } from '../../json-values.ts';
import { messageText } from './message.ts';
import type { Run } from './run.ts';

/** Notifications below "error" that still say that something was not read (semgrep: "Syntax error", a warning). */
const unread = /syntax error|pars(e|ing) (error|failure)|partial ?parsing|time[d]? ?out|out of memory/i;

/** Tells what the runs' notifications say: what was not read, and what else people should know. */
export function tellNotifications(run: Run, parsing: Parsing): void {
  for (const invocation of run.invocations) {
    for (const list of ['toolExecutionNotifications', 'toolConfigurationNotifications']) {
      for (const item of listOf(invocation[list])) {
        const notification = objectOf(item);
        const text = words(notification, run);
        const id = textOf(objectOf(notification['descriptor'])['id']);
        // §3.58.6: "warning" by default.
        const isPartial = notification['level'] === 'error' || unread.test(id) || unread.test(text);
        if (isPartial) parsing.partial(text);
        else parsing.note(text);
      }
    }
  }
  if (run.missingResults === 'elsewhere')
    parsing.partial('results are in external property files, which are not read; submit one file with all');
}

/** First line only: tools quote source code behind it. */
function words(notification: JsonObject, run: Run): string {
  const message = messageText(objectOf(notification['message']), run.globalMessages).split(/\r?\n/, 1)[0] ?? '';
  const physical = objectOf(objectOf(listOf(notification['locations'])[0])['physicalLocation']);
  const path = run.places.path(objectOf(physical['artifactLocation']));
  const line = positionOf(objectOf(physical['region'])['startLine']);
  const text = message || textOf(objectOf(notification['descriptor'])['id']) || 'a notification';
  return path ? `${path}${line ? `:${line}` : ''}: ${text}` : text;
}

/**
 * A run whose tool says that it did not succeed is partial as long as the report shows that something was scanned (a
 * result, or another run that went well); a report with nothing else is a failure.
 */
export function tellOutcome(runs: readonly Run[], results: number, parsing: Parsing): void {
  const failures = runs.map(failuresOf);
  const isSomethingScanned = results > 0 || failures.some((ofRun) => ofRun.length === 0);
  for (const failure of failures.flat()) {
    if (isSomethingScanned) parsing.partial(failure);
    else parsing.failed(failure);
  }
}

function failuresOf(run: Run): string[] {
  const name = run.tool.name || 'the tool';
  const failures = run.invocations
    .filter((invocation) => invocation['executionSuccessful'] === false)
    .map((invocation) => `${name} did not succeed${reason(invocation)}`);
  return run.missingResults === 'none' ? [...failures, `${name} could not produce results (null)`] : failures;
}

function reason(invocation: JsonObject): string {
  const words =
    textOf(invocation['processStartFailureMessage']) ||
    textOf(invocation['exitCodeDescription']) ||
    textOf(invocation['exitSignalName']) ||
    (typeof invocation['exitCode'] === 'number' ? `exit code ${invocation['exitCode']}` : '');
  return words ? `: ${words}` : '';
}

// Brings the issue of one finding to where the finding is: made, kept up to date, closed, opened again. Every step may
// have been made before: a delivery comes again after a crash, and then finds what it did.
import { type FindingRecord, InvalidInput } from '@assay/contracts';
import type { Fields, JiraApi, Transition } from './api.ts';
import type { IssueFields } from './issue-fields.ts';

/** What the status of an issue follows. */
export type Change = 'fixed' | 'suppressed' | 'reopened';

export interface Workflow {
  /** Names of transitions, or of the statuses they lead to, the first that there is; none: the status stays. */
  transitions: Readonly<Partial<Record<Change, readonly string[] | undefined>>>;
  /** Names of resolutions to set with the transition. */
  resolutions: Readonly<Partial<Record<Change, string | undefined>>>;
}

export interface Wanted {
  finding: FindingRecord;
  /** Of its event. */
  order: string;
  fields: IssueFields;
}

/** `key` is its issue as far as is known; returns the key it has now. Throws InvalidInput when Jira will never take it. */
export async function syncIssue(
  wanted: Wanted,
  key: string | undefined,
  api: JiraApi,
  workflow: Workflow,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { finding, order, fields } = wanted;
  const { transition = 'recurred' } = finding;
  const isOver = transition === 'fixed' || transition === 'suppressed';
  const applied = { order, digest: fields.digest };
  const issue = key === undefined ? undefined : await api.read(key, signal);
  // What was never told of need not be told to be over.
  if (!issue) return isOver ? undefined : api.create(fields.created, applied, signal);
  // A redelivery, or an event that a newer one has overtaken.
  if (issue.applied && issue.applied.order >= order) return issue.key;
  const isChanged = !isOver && issue.applied?.digest !== fields.digest;
  if (isChanged) await api.update(issue.key, fields.followed, signal);
  // An issue that somebody closed stays so while the finding merely recurs.
  if (isOver && !issue.isDone) await move(issue.key, transition, api, workflow, signal);
  if (!isOver && issue.isDone && transition !== 'recurred') await move(issue.key, 'reopened', api, workflow, signal);
  if (isChanged || transition !== 'recurred') {
    // What is over keeps the digest of the text that the issue has.
    const digest = isOver ? (issue.applied?.digest ?? '') : fields.digest;
    await api.record(issue.key, { order, digest }, signal);
  }
  return issue.key;
}

async function move(key: string, change: Change, api: JiraApi, workflow: Workflow, signal: AbortSignal): Promise<void> {
  const names = workflow.transitions[change];
  if (names?.length === 0) return;
  const possible = await api.transitions(key, signal);
  const chosen = names ? byName(possible, names) : byCategory(possible, change);
  if (!chosen) {
    const list = possible.map(({ name, to }) => `"${name}" to ${to.name}`).join(', ') || 'none';
    const wish = names ? `none of ${names.join(', ')}` : 'none that suits';
    throw new InvalidInput(
      `issue ${key} cannot become ${change}: its transitions are ${list}, ${wish}; name one in config.transitions.${change}`,
      { code: 'sink.jira.transition' },
    );
  }
  await api.transition(key, chosen.id, resolutionOf(change, workflow), signal);
}

function byName(possible: readonly Transition[], names: readonly string[]): Transition | undefined {
  for (const name of names) {
    const wanted = name.toLowerCase();
    const found = possible.find((each) => each.name.toLowerCase() === wanted || each.to.name.toLowerCase() === wanted);
    if (found) return found;
  }
  return undefined;
}

function byCategory(possible: readonly Transition[], change: Change): Transition | undefined {
  const categories = change === 'reopened' ? ['new', 'indeterminate'] : ['done'];
  for (const category of categories) {
    const found = possible.find(({ to }) => to.category === category);
    if (found) return found;
  }
  return undefined;
}

function resolutionOf(change: Change, { resolutions }: Workflow): Fields {
  const name = resolutions[change];
  return name === undefined ? {} : { resolution: { name } };
}

// Enrichment steps on the command line: "annotate:team=web,env=prod"; "task/age" is a task of the run.
import { InvalidArgumentError } from 'commander';

export interface StepArgument {
  /** As it stands in the slip; "task/" before it: a task of the run is this step. */
  name: string;
  params: Record<string, string>;
}

/** What the findings of a scan pass when nobody says otherwise; without a CODEOWNERS file its step is left out. */
export const scanSteps: readonly StepArgument[] = [
  { name: 'codeowners', params: {} },
  { name: 'deduplicate', params: {} },
];

/** For an option that may be repeated; the order is the order of work. */
export function step(value: string, previous: StepArgument[] = []): StepArgument[] {
  const [, name, rest = ''] = /^((?:task\/)?[a-z0-9_-]{1,64})(?::(.*))?$/s.exec(value) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It must be NAME or NAME:KEY=VALUE,KEY=VALUE.');
  const params: Record<string, string> = {};
  for (const pair of rest.split(',').filter(Boolean)) {
    const at = pair.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(`"${pair}" must be KEY=VALUE.`);
    params[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return [...previous, { name, params }];
}

/** As it was written. */
export function stepText({ name, params }: StepArgument): string {
  const pairs = Object.entries(params).map(([key, value]) => `${key}=${value}`);
  return pairs.length ? `${name}:${pairs.join(',')}` : name;
}

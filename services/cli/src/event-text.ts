// One event as one line for people; what it holds is told by its data, not by its type, so that new types show too.
import { shortTime } from './listing.ts';
import { oneLine } from './terminal-text.ts';

interface Shown {
  type?: string;
  time?: string;
  /** Where it travelled, when the gateway says so. */
  assaysubject?: string;
  subject?: string;
  data?: Record<string, unknown>;
}

const told = [
  'runId',
  'task',
  'outcome',
  'reportId',
  'format',
  'assessment',
  'transition',
  'sink',
  'reference',
  'reason',
] as const;

export function eventLine(json: string): string {
  const event = JSON.parse(json) as Shown;
  const data = event.data ?? {};
  const target = (data['target'] as { name?: string } | undefined)?.name;
  const findings = data['findings'];
  const facts = [
    ...(target ? [`target=${target}`] : []),
    ...told.flatMap((name) =>
      typeof data[name] === 'string' && !['', 'unspecified'].includes(word(data[name]))
        ? [`${name}=${word(data[name])}`]
        : [],
    ),
    ...(Array.isArray(findings)
      ? [`findings=${findings.length}`]
      : typeof findings === 'number'
        ? [`findings=${findings}`]
        : []),
  ];
  const name = event.assaysubject ?? [event.type, event.subject].filter(Boolean).join(' ');
  return oneLine([shortTime(event.time), name, ...facts].filter(Boolean).join('  '));
}

// "OUTCOME_SUCCEEDED" of the JSON mapping, in the words people use.
function word(value: string): string {
  return /^[A-Z]+_[A-Z_]+$/.test(value) ? value.slice(value.indexOf('_') + 1).toLowerCase() : value;
}

// Every topic of the platform: the one list that streams, permissions, docs/asyncapi.yaml and handlers come from.
import { batchType, findingBatchType } from './batch.ts';
import { messageType } from './message.ts';
import { severityNames, transitionNames } from './names.ts';
import { partitionOf } from './subject.ts';
import { defineTopic, type Topic } from './topic.ts';

export const runRequested = defineTopic({
  name: 'run.requested',
  message: messageType('RunRequested'),
  keys: ['pipeline'],
  summary: 'Somebody wants a pipeline to run on a target.',
  tokens: (run) => [run.pipeline],
  about: (run) => run.runId,
});

export const runCancelled = defineTopic({
  name: 'run.cancelled',
  message: messageType('RunCancelled'),
  keys: ['pipeline'],
  summary: 'Somebody wants a run ended.',
  tokens: (run) => [run.pipeline],
  about: (run) => run.runId,
});

export const runStarted = defineTopic({
  name: 'run.started',
  message: messageType('RunStarted'),
  keys: ['pipeline'],
  summary: 'A backend has begun a run; says its tasks.',
  tokens: (run) => [run.pipeline],
  about: (run) => run.runId,
});

export const taskStarted = defineTopic({
  name: 'task.started',
  message: messageType('TaskStarted'),
  keys: ['pipeline', 'task'],
  summary: 'One tool begins.',
  tokens: (task) => [task.pipeline, task.task],
  about: (task) => task.runId,
});

export const taskLogged = defineTopic({
  name: 'task.logged',
  message: messageType('TaskLogged'),
  keys: ['pipeline', 'task'],
  summary: 'What a step wrote, some lines at a time, as it writes them.',
  tokens: (task) => [task.pipeline, task.task],
  about: (task) => task.runId,
});

export const taskFinished = defineTopic({
  name: 'task.finished',
  message: messageType('TaskFinished'),
  keys: ['pipeline', 'task'],
  summary: 'One tool ended, was skipped or failed; says why and which reports it handed over.',
  tokens: (task) => [task.pipeline, task.task],
  about: (task) => task.runId,
});

export const runFinished = defineTopic({
  name: 'run.finished',
  message: messageType('RunFinished'),
  keys: ['pipeline'],
  summary: 'The backend is done; findings may still be on their way.',
  tokens: (run) => [run.pipeline],
  about: (run) => run.runId,
});

export const runAssessed = defineTopic({
  name: 'run.assessed',
  message: messageType('RunAssessed'),
  keys: ['pipeline'],
  summary: 'The last word on a run: every count of every stage, and whether they add up.',
  tokens: (run) => [run.pipeline],
  about: (run) => run.runId,
});

export const reportSubmitted = defineTopic({
  name: 'report.submitted',
  message: messageType('ReportSubmitted'),
  keys: ['format'],
  summary: "A tool's raw report, from a run or from anybody.",
  tokens: (report) => [report.format],
  about: (report) => report.target?.name ?? '',
});

export const reportParsed = defineTopic({
  name: 'report.parsed',
  message: messageType('ReportParsed'),
  keys: ['format', 'partition'],
  summary: 'A report is read to its end; how many records became findings, and why the others did not.',
  tokens: (report) => [report.format, partitionOf(report.target?.name ?? '')],
  about: (report) => report.reportId,
});

export const findingReported = defineTopic({
  name: 'finding.reported',
  message: batchType,
  json: findingBatchType,
  keys: ['tool'],
  summary: 'Findings as a tool said them, identified.',
  isCompressed: true,
  tokens: (batch) => [batch.tool?.name ?? ''],
  about: (batch) => batch.reportId,
});

export const findingEnriching = defineTopic({
  name: 'finding.enriching',
  message: batchType,
  json: findingBatchType,
  keys: ['step'],
  summary: 'Findings for an enrichment step outside our process; it answers on finding.returned.',
  tokens: (batch) => [batch.steps[0]?.name ?? ''],
  about: (batch) => batch.reportId,
});

export const findingReturned = defineTopic({
  name: 'finding.returned',
  message: batchType,
  json: findingBatchType,
  keys: ['step'],
  summary: 'Findings back from a step outside our process, its delta appended.',
  tokens: (batch) => [batch.enrichments.at(-1)?.step ?? ''],
  about: (batch) => batch.reportId,
});

export const findingEnriched = defineTopic({
  name: 'finding.enriched',
  message: batchType,
  json: findingBatchType,
  keys: ['severity', 'tool', 'partition'],
  summary: 'Findings with all their steps done; one severity an event.',
  isCompressed: true,
  tokens: (batch) => [
    severityNames.of(batch.severities[0] ?? 0),
    batch.tool?.name ?? '',
    partitionOf(batch.target?.name ?? ''),
  ],
  about: (batch) => batch.reportId,
});

export const findingChanged = defineTopic({
  name: 'finding.changed',
  message: batchType,
  json: findingBatchType,
  keys: ['transition', 'severity', 'tool'],
  summary:
    'What the ledger learnt: findings opened, recurred, reopened, fixed or suppressed; one transition and severity an event.',
  tokens: (batch) => [
    transitionNames.of(batch.transition),
    severityNames.of(batch.severities[0] ?? 0),
    batch.tool?.name ?? '',
  ],
  about: (batch) => batch.reportId,
});

export const deliveryFinished = defineTopic({
  name: 'delivery.finished',
  message: messageType('DeliveryFinished'),
  keys: ['sink'],
  summary: 'A sink took a batch, or refused it for good.',
  tokens: (delivery) => [delivery.sink],
  about: (delivery) => delivery.sink,
});

export const deliveryRequested = defineTopic({
  name: 'delivery.requested',
  message: messageType('DeliveryRequested'),
  keys: ['sink'],
  summary: 'Somebody wants to see whether a sink works: a marked sample through its real settings.',
  tokens: (delivery) => [delivery.sink],
  about: (delivery) => delivery.sink,
});

export const deliveryTested = defineTopic({
  name: 'delivery.tested',
  message: messageType('DeliveryTested'),
  keys: ['sink'],
  summary: 'What became of a sample for a sink.',
  tokens: (delivery) => [delivery.sink],
  about: (delivery) => delivery.sink,
});

export const artifactRequested = defineTopic({
  name: 'artifact.requested',
  message: messageType('ArtifactRequested'),
  keys: ['kind'],
  summary: 'Somebody wants a reference resolved to something immutable.',
  tokens: (artifact) => [artifact.kind],
  about: (artifact) => artifact.reference,
});

export const artifactResolved = defineTopic({
  name: 'artifact.resolved',
  message: messageType('ArtifactResolved'),
  keys: ['kind'],
  summary: 'A reference is now a digest or a commit.',
  tokens: (artifact) => [artifact.kind],
  about: (artifact) => artifact.reference,
});

export const topics: readonly Topic[] = [
  runRequested,
  runCancelled,
  runStarted,
  taskStarted,
  taskLogged,
  taskFinished,
  runFinished,
  runAssessed,
  reportSubmitted,
  reportParsed,
  findingReported,
  findingEnriching,
  findingReturned,
  findingEnriched,
  findingChanged,
  deliveryFinished,
  deliveryRequested,
  deliveryTested,
  artifactRequested,
  artifactResolved,
] as unknown as readonly Topic[];

const byName = new Map(topics.map((topic) => [`assay.${topic.name}`, topic]));
const byType = new Map(topics.map((topic) => [topic.type, topic]));

/** The topic of a subject, undefined when it is none of ours. */
export function topicOfSubject(subject: string): Topic | undefined {
  const topic = byName.get(subject.split('.', 3).join('.'));
  return topic && subject.split('.').length === 3 + topic.keys.length ? topic : undefined;
}

/** The topic of a CloudEvents type, undefined when it is none of ours. */
export function topicOfType(type: string): Topic | undefined {
  return byType.get(type);
}

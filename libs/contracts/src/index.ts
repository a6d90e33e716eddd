export type {
  ArtifactRequested,
  ArtifactResolved,
  BlobRef,
  Cvss,
  DeadLetter,
  DeliveryFinished,
  DeliveryRequested,
  DeliveryTested,
  Enrichment,
  Finding,
  FindingBatch,
  ImageSeen,
  Location,
  ReportParsed,
  ReportSubmitted,
  RunAssessed,
  RunFinished,
  RunRequested,
  RunStarted,
  Stage,
  Step,
  Suppression,
  Target,
  TaskFinished,
  TaskStarted,
  Tool,
} from '../generated/messages.ts';
export {
  Assessment,
  Completeness,
  Confidence,
  DeliveryOutcome,
  Kind,
  Outcome,
  Severity,
  Transition,
} from '../generated/messages.ts';
export {
  type Batch,
  batchType,
  enrichmentsAt,
  findingAt,
  findingBatchType,
  findingType,
  identityAt,
  identityBytes,
  maxBatchBytes,
  maxBatchFindings,
  pick,
} from './batch.ts';
export { AssayError, type ErrorDetails, explain, Fault, InvalidInput, Transient } from './errors.ts';
export { type Event, emit, emitTotal, keyedId, type Outgoing, outputId } from './event.ts';
export { type Draft, type MessageType, messageType } from './message.ts';
export {
  assessmentNames,
  completenessNames,
  confidenceNames,
  kindNames,
  outcomeNames,
  severityNames,
  transitionNames,
} from './names.ts';
export { digestOf, type FindingRecord, type RecordContext, recordAt, recordsOf, toRecord } from './record.ts';
export {
  type SarifLevel,
  type SarifLog,
  type SarifResult,
  type SarifRule,
  type SarifRun,
  sarifFingerprint,
  sarifLog,
} from './sarif.ts';
export {
  maxSinkBytes,
  parseSinkSpec,
  parseSinkStart,
  type RateLimit,
  type SecretReference,
  type SinkSpec,
  type SinkStart,
  sinksBucket,
} from './sink.ts';
export { partitionOf, partitions, partitionTokens, token } from './subject.ts';
export { parseSubjectFilter } from './subject-filter.ts';
export { defineTopic, filterOf, type Topic } from './topic.ts';
export {
  artifactRequested,
  artifactResolved,
  deliveryFinished,
  deliveryRequested,
  deliveryTested,
  findingChanged,
  findingEnriched,
  findingEnriching,
  findingReported,
  findingReturned,
  reportParsed,
  reportSubmitted,
  runAssessed,
  runFinished,
  runRequested,
  runStarted,
  taskFinished,
  taskStarted,
  topicOfSubject,
  topicOfType,
  topics,
} from './topics.ts';

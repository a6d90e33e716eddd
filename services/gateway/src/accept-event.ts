// Events of clients on their way in: only what a client may say, in its own words, and never a raw report on the bus.
import {
  artifactRequested,
  type Batch,
  findingReturned,
  InvalidInput,
  keyedId,
  type ReportSubmitted,
  reportSubmitted,
  runRequested,
  type Topic,
  topicOfType,
} from '@assay/contracts';
import { checkTaskSteps, type RequestFacts } from './accept-report.ts';
import { checkRun } from './accept-run.ts';
import { authorize, type Scope } from './auth.ts';
import { type ClientEvent, dataOf } from './cloud-event.ts';
import type { Gateway } from './gateway.ts';

export interface PublishedEvent {
  id: string;
  subject: string;
}

/** An event that may be published as it is. */
interface Ready {
  topic: Topic;
  data: unknown;
  id: string;
  traceparent?: string | undefined;
}

interface Entry {
  topic: Topic;
  /** Needed beside event:publish: these make work for others, decide about findings, or speak for a step. */
  scope?: Scope;
  /** The data as it may travel. */
  prepare(gateway: Gateway, data: never, id: string): Promise<unknown>;
}

const entries: readonly Entry[] = [
  { topic: reportSubmitted as unknown as Topic, scope: 'report:submit', prepare: prepareReport },
  {
    topic: runRequested as unknown as Topic,
    scope: 'run:request',
    prepare: async (gateway, data, id) => {
      const run = checkRun(data);
      return { ...run, runId: run.runId || id, requestedAt: run.requestedAt || gateway.now().toISOString() };
    },
  },
  {
    topic: artifactRequested as unknown as Topic,
    prepare: async (_, data: { reference: string; kind: string }) => {
      if (data.reference === '' || data.kind === '')
        throw invalid('data', 'artifact.requested needs "kind" and "reference"');
      return data;
    },
  },
  {
    topic: findingReturned as unknown as Topic,
    scope: 'finding:return',
    prepare: async (_, data: Batch) => {
      if (data.reportId === '' || !data.enrichments.length)
        throw invalid('data', 'finding.returned needs "reportId" and the step’s own entry at the end of "enrichments"');
      return data;
    },
  },
];

const byType = new Map(entries.map((entry) => [entry.topic.type, entry]));

/** Topics that a client may publish. */
export const clientTopics: readonly Topic[] = entries.map(({ topic }) => topic);

/** Publishes all of them or, when one is wrong, none. */
export async function publishEvents(
  gateway: Gateway,
  events: readonly ClientEvent[],
  from: RequestFacts,
): Promise<PublishedEvent[]> {
  const ready: Ready[] = [];
  for (const event of events) ready.push(await prepareEvent(gateway, event, from));
  const published: PublishedEvent[] = [];
  for (const { topic, data, id, traceparent } of ready) {
    await gateway.publish({ topic, data }, { id, ...(traceparent ? { traceparent } : {}) });
    published.push({ id, subject: topic.subject(data) });
  }
  return published;
}

async function prepareEvent(gateway: Gateway, event: ClientEvent, from: RequestFacts): Promise<Ready> {
  const entry = byType.get(event.type);
  if (!entry) throw notTaken(event.type);
  if (entry.scope) authorize(from.principal, entry.scope);
  // An id is unique only in its source (CloudEvents 1.0), and one client must not be able to hide another's event.
  const id = keyedId(entry.topic.name, [from.principal.name, event.source, event.id].join('\0'));
  const given = dataOf(event, entry.topic);
  // As with POST /api/v1/reports: only who may ask for runs adds to one.
  if (entry.topic.name === reportSubmitted.name && (given as ReportSubmitted).runId !== '')
    authorize(from.principal, 'run:request');
  const data = await entry.prepare(gateway, given as never, id);
  return { topic: entry.topic, data, id, traceparent: event.traceparent ?? from.traceparent };
}

async function prepareReport(gateway: Gateway, given: ReportSubmitted, id: string): Promise<ReportSubmitted> {
  if (!given.target?.name) throw invalid('data', 'ReportSubmitted.target.name is required: say what was scanned');
  if (given.reportId !== '' && !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(given.reportId))
    throw invalid('data', 'ReportSubmitted.reportId must be 1 to 128 letters, digits, "_", "." and "-"');
  checkFacts(given);
  const { content, text, blob, ...rest } = given as ReportSubmitted &
    Partial<Record<'content' | 'text' | 'blob', unknown>>;
  const report = {
    ...rest,
    reportId: given.reportId || id,
    format: given.format || 'auto',
    target: { ...given.target, kind: given.target.kind || 'repository' },
    submittedAt: given.submittedAt || gateway.now().toISOString(),
  };
  return { ...report, blob: await blobOf(gateway, given) } as ReportSubmitted;
}

// What POST /api/v1/reports checks of its query.
function checkFacts(given: ReportSubmitted): void {
  const { target, runId, task, revision, scope, sourceRoot, partialReason, tool } = given;
  const texts = {
    target: target?.name,
    kind: target?.kind,
    runId,
    task,
    revision,
    scope,
    sourceRoot,
    partialReason,
    tool: tool?.name,
  };
  for (const [name, value] of Object.entries(texts))
    if (value !== undefined && !/^\P{Cc}{0,4096}$/u.test(value))
      throw invalid('data', `ReportSubmitted: ${name} must have at most 4096 characters and no control characters`);
  if (given.steps.length > 32) throw invalid('data', 'ReportSubmitted.steps may have at most 32 entries');
  checkTaskSteps(given.steps, given.runId);
}

async function blobOf(gateway: Gateway, given: ReportSubmitted): Promise<ReportSubmitted['blob']> {
  if (given.blob) {
    const stored = await gateway.blobs.stat(given.blob.digest);
    if (!stored)
      throw invalid(
        'data',
        `ReportSubmitted.blob: there is no blob ${given.blob.digest.slice(0, 80)}; POST /api/v1/blobs first`,
      );
    return { ...given.blob, size: stored.size };
  }
  const inline = given.content?.length ? given.content : Buffer.from(given.text ?? '');
  if (inline.length === 0)
    throw new InvalidInput('the report is empty: give ReportSubmitted.content, text or blob', { code: 'report.empty' });
  return gateway.blobs.put(inline);
}

function notTaken(type: string): InvalidInput {
  const known = clientTopics.map((topic) => topic.type).join(', ');
  const shown = JSON.stringify(type.slice(0, 120));
  return topicOfType(type)
    ? invalid('type', `events of type ${shown} are only published by the platform; clients may send ${known}`)
    : invalid('type', `there is no event type ${shown}; clients may send ${known}`);
}

function invalid(code: string, message: string): InvalidInput {
  return new InvalidInput(message, { code: `event.${code}` });
}

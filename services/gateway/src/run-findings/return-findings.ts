// What a task answers as a step: what it adds to batches, each named by its place in the stream. The batch itself is
// taken from the stream and not from the task, so that a task can add to findings and do nothing else to them.
import type { StoredMessage } from '@assay/bus';
import {
  type Enrichment,
  emitTotal,
  findingEnriching,
  findingReturned,
  InvalidInput,
  keyedId,
  Severity,
  token,
} from '@assay/contracts';
import { decodeValue, fromWire } from '@assay/runtime';
import type { Gateway } from '../gateway.ts';

/** Batches that are returned at the same time. */
const concurrency = 8;

export interface ReturnedBatch {
  sequence: number;
  enrichments: Omit<Enrichment, 'step'>[];
}

export interface Returning {
  runId: string;
  step: string;
  traceparent?: string | undefined;
}

/**
 * Publishes finding.returned for each; resolves after the last PubAck. The same batch twice is one event. Throws
 * InvalidInput "batch.*" for one that is gone, of another run, or does not wait for this step: those before it may have
 * been returned then.
 */
export async function returnFindings(
  gateway: Gateway,
  batches: readonly ReturnedBatch[],
  from: Returning,
): Promise<void> {
  const left = batches.values();
  const work = async () => {
    for (const batch of left) await returnOne(gateway, batch, from);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, batches.length) }, work));
}

/** The event id of a batch's return, from the message that the step was given. */
export function returnedId(runId: string, step: string, { headers, stream, sequence }: StoredMessage): string {
  const id = decodeValue(headers['ce-id'] ?? '') || `${stream}-${sequence}`;
  return keyedId(findingReturned.name, `${runId}/${id}/${step}`);
}

async function returnOne(
  gateway: Gateway,
  { sequence, enrichments }: ReturnedBatch,
  { runId, step, traceparent }: Returning,
): Promise<void> {
  const message = await gateway.bus.messageAt(`assay-${findingEnriching.noun}`, sequence);
  if (!message)
    throw new InvalidInput(`batch ${sequence} is not in the stream any more; submit its report again`, {
      code: 'batch.missing',
    });
  const wrong = () =>
    new InvalidInput(`batch ${sequence} does not wait for the step "${step}" of a task of run ${runId}`, {
      code: 'batch.forbidden',
    });
  if (message.subject !== `assay.${findingEnriching.name}.${step}`) throw wrong();
  const { data } = await fromWire(message, findingEnriching, gateway.blobs);
  const [first, ...steps] = data.steps;
  // A step that another process serves is not a task's to answer.
  if (data.runId !== runId || !first?.outside || token(first.name) !== step) throw wrong();
  const beyond = enrichments.some(({ positions }) => positions.some((position) => position >= data.findings.length));
  if (beyond)
    throw new InvalidInput(`batch ${sequence} has ${data.findings.length} findings; a position is behind the last`, {
      code: 'batch.position',
    });
  const added = enrichments.length > 0 ? enrichments : [nothing];
  const returned = { ...data, steps, enrichments: [...data.enrichments, ...added.map((each) => ({ ...each, step }))] };
  await gateway.publish(emitTotal(findingReturned, returned), {
    id: returnedId(runId, step, message),
    ...(traceparent ? { traceparent } : {}),
  });
}

/** The step has seen the batch and adds nothing: its name alone is its answer. */
const nothing: Omit<Enrichment, 'step'> = {
  positions: [],
  annotations: {},
  owners: [],
  severity: Severity.UNSPECIFIED,
  anyTool: false,
};

// A delivery that is proven becomes the one event that its webhook's entry in the file describes, once.
import type { Bucket } from '@assay/bus';
import { artifactRequested, emit, InvalidInput, keyedId } from '@assay/contracts';
import type { RequestFacts } from '../accept-report.ts';
import { requestRun } from '../accept-run.ts';
import type { Gateway } from '../gateway.ts';
import { parseJson } from '../json.ts';
import type { Webhook, WebhookValue } from './read-webhooks.ts';
import { type Delivery, verifyDelivery } from './verify-delivery.ts';

export interface Taken {
  outcome: 'accepted' | 'ignored' | 'repeated';
  /** The run that was asked for. */
  runId?: string;
}

/**
 * Resolves after the PubAck. The same delivery again publishes nothing, and is no error: a sender that lost the answer
 * asks again. Throws InvalidInput "webhook.forbidden" for one that is not proven, "webhook.data" for one without what
 * the event needs.
 */
export async function acceptDelivery(
  gateway: Gateway,
  webhook: Webhook,
  delivery: Delivery,
  traceparent: string | undefined,
): Promise<Taken> {
  const identity = await verifyDelivery(webhook, delivery, gateway.now());
  const body = parseJson(delivery.body, 'the delivery');
  if (!isMeant(webhook, delivery, body)) return { outcome: 'ignored' };
  const id = keyedId('webhook', `${webhook.name}\0${identity}`);
  const mark = `${webhook.name}.${id}`;
  if (await isMarked(gateway.deliveries, mark)) return { outcome: 'repeated' };
  const principal = { name: `webhook:${webhook.name}`, scopes: [] };
  const taken = await publish(gateway, webhook, body, id, { principal, idempotencyKey: id, traceparent });
  // Last: a delivery that was marked and not published would be lost. Two at once are one in the stream, by their id.
  await gateway.deliveries.put(mark, Buffer.from(gateway.now().toISOString()));
  return taken;
}

async function isMarked(deliveries: Bucket, mark: string): Promise<boolean> {
  return (await deliveries.get(mark)) !== undefined;
}

function isMeant({ events, when }: Webhook, { headers }: Delivery, body: unknown): boolean {
  const event = headers['x-github-event'];
  if (events.length > 0 && (typeof event !== 'string' || !events.includes(event))) return false;
  return Object.entries(when).every(([pointer, wanted]) => at(body, pointer) === wanted);
}

async function publish(
  gateway: Gateway,
  { run, artifact }: Webhook,
  body: unknown,
  id: string,
  from: RequestFacts,
): Promise<Taken> {
  if (run) {
    const { target, kind = '', revision, sourcePath = '', params, ...rest } = run;
    const filled = Object.entries(params).map(([name, value]) => [name, textOf(body, value)]);
    const runId = await requestRun(
      gateway,
      {
        ...rest,
        sourcePath,
        params: Object.fromEntries(filled),
        revision: revision === undefined ? '' : textOf(body, revision),
        target: { name: target === undefined ? '' : textOf(body, target), kind },
      },
      from,
    );
    return { outcome: 'accepted', runId };
  }
  if (artifact) {
    const request = emit(artifactRequested, { kind: artifact.kind, reference: textOf(body, artifact.reference) });
    await gateway.publish(request, { id, ...(from.traceparent ? { traceparent: from.traceparent } : {}) });
  }
  return { outcome: 'accepted' };
}

function textOf(body: unknown, value: WebhookValue): string {
  if (typeof value === 'string') return value;
  const found = at(body, value.from);
  if (typeof found === 'string' && /^\P{Cc}{1,4096}$/u.test(found)) return found;
  throw new InvalidInput(
    `the delivery needs a text of at most 4096 characters, without control characters, at ${value.from}`,
    { code: 'webhook.data' },
  );
}

/** What a JSON pointer (RFC 6901) points to; undefined: nothing. */
function at(body: unknown, pointer: string): unknown {
  let found = body;
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

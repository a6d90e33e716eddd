// Sends operations and reads what became of each: one that the server was too busy for is sent again alone, one that it
// will never take is refused without those beside it.
import { InvalidInput, Transient } from '@assay/contracts';
import { z } from 'zod';
import { type Answer, credentialRefusedCode, type Door } from '../../http/door.ts';
import type { SinkItem } from '../../sink.ts';
import { heldBack } from '../held-back.ts';
import type { Operation } from './operations.ts';

/** Characters of one request, from which the next begins. A gateway before the server may take less: then it is halved. */
const maxBulkChars = 4 * 1024 * 1024;
/** Items that are remembered as stored. */
const maxRemembered = 20_000;

const bulkAnswer = z.object({
  errors: z.boolean(),
  items: z.array(
    z.record(
      z.string(),
      z.object({
        status: z.number(),
        error: z.object({ type: z.string().optional(), reason: z.string().nullish() }).optional(),
      }),
    ),
  ),
});

/** An operation as it is sent. */
interface Written {
  item: SinkItem;
  text: string;
}

interface Result {
  status: number;
  type: string;
  reason: string;
}

export class BulkWriter {
  readonly #door: Door;
  readonly #index: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** Ids of items that are stored, of deliveries that failed in part: they come again with the others. */
  readonly #stored = new Set<string>();
  #maxChars = maxBulkChars;

  constructor(door: Door, index: string, headers: Readonly<Record<string, string>>) {
    this.#door = door;
    this.#index = index;
    this.#headers = headers;
  }

  /** Those items that are not stored yet. */
  missing(items: readonly SinkItem[]): SinkItem[] {
    return this.#stored.size === 0 ? [...items] : items.filter(({ id }) => !this.#stored.has(id));
  }

  /** Throws Transient when one was not taken for now, else InvalidInput when one never will be; the others are stored. */
  async write(operations: readonly Operation[], signal: AbortSignal): Promise<void> {
    if (this.#stored.size > maxRemembered) this.#stored.clear();
    const failed: Result[] = [];
    for (const bulk of bulksOf(written(operations), this.#maxChars)) {
      const results = await this.#send(bulk, signal);
      results.forEach((result, position) => {
        if (isStored(result)) this.#stored.add(bulk[position]?.item.id ?? '');
        else failed.push(result);
      });
    }
    if (failed.length > 0) throw errorOf(failed, operations.length);
    for (const { item } of operations) this.#stored.delete(item.id);
  }

  async #send(bulk: readonly Written[], signal: AbortSignal): Promise<Result[]> {
    const answer = await this.#door.send({
      method: 'POST',
      path: `/${this.#index}/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason`,
      headers: { ...this.#headers, 'content-type': 'application/x-ndjson' },
      body: bulk.map(({ text }) => text).join(''),
      signal,
    });
    if (answer.status === 413) return this.#sendLess(bulk, signal);
    if (answer.status !== 200) throw heldBack(answer, this.#door.errorOf(answer, reasonOf(answer)));
    return resultsOf(answer, bulk.length);
  }

  async #sendLess(bulk: readonly Written[], signal: AbortSignal): Promise<Result[]> {
    if (bulk.length === 1)
      return [
        { status: 413, type: 'too large', reason: 'make http.max_content_length, or what a proxy takes, larger' },
      ];
    this.#maxChars = Math.floor(bulk.reduce((sum, { text }) => sum + text.length, 0) / 2);
    const results: Result[] = [];
    for (const part of bulksOf(bulk, this.#maxChars)) results.push(...(await this.#send(part, signal)));
    return results;
  }
}

function* written(operations: readonly Operation[]): Iterable<Written> {
  for (const { item, text } of operations) yield { item, text: text() };
}

function* bulksOf(operations: Iterable<Written>, maxChars: number): Iterable<Written[]> {
  let bulk: Written[] = [];
  let length = 0;
  for (const operation of operations) {
    if (bulk.length > 0 && length + operation.text.length > maxChars) {
      yield bulk;
      bulk = [];
      length = 0;
    }
    bulk.push(operation);
    length += operation.text.length;
  }
  if (bulk.length > 0) yield bulk;
}

function resultsOf({ text }: Answer, count: number): Result[] {
  const parsed = bulkAnswer.safeParse(parseJson(text));
  // Something else than the bulk API answers at this address, a gateway for one; what was sent may be stored or not.
  if (!parsed.success || parsed.data.items.length !== count)
    throw new Transient('the receiver answered 200, but not as the bulk API does: look what is at config.url', {
      code: 'sink.elasticsearch',
    });
  return parsed.data.items.map((item) => {
    const { status, error } = Object.values(item)[0] ?? { status: 500 };
    return { status, type: error?.type ?? '', reason: error?.reason ?? '' };
  });
}

/** The type and reason of an error of the whole request. */
export function reasonOf({ text }: Answer): string {
  const parsed = z
    .object({ error: z.object({ type: z.string(), reason: z.string().nullish() }) })
    .safeParse(parseJson(text));
  return parsed.success ? `${parsed.data.error.type}: ${parsed.data.error.reason ?? ''}` : '';
}

// 409: the same change, or a newer state, is there already.
function isStored({ status }: Result): boolean {
  return (status >= 200 && status < 300) || status === 409;
}

function errorOf(failed: readonly Result[], of: number): InvalidInput | Transient {
  const later = failed.find((result) => result.status === 429 || result.status >= 500 || isMissing(result));
  if (later)
    return new Transient(`${sentence(later, failed.length, of)}${isMissing(later) ? '; make the index' : ''}`, {
      code: 'sink.elasticsearch',
    });
  const denied = failed.find(({ status }) => status === 401 || status === 403);
  if (denied)
    return new Transient(`${sentence(denied, failed.length, of)}; the sink’s credentials may not write to the index`, {
      code: credentialRefusedCode,
    });
  return new InvalidInput(sentence(failed[0] as Result, failed.length, of), { code: 'sink.elasticsearch.refused' });
}

/** An index that may not be made by writing to it. */
function isMissing({ type }: Result): boolean {
  return type === 'index_not_found_exception';
}

function sentence({ status, type, reason }: Result, failed: number, of: number): string {
  const words = `${type}: ${reason}`.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 500);
  return `the receiver did not take ${failed} of ${of} documents, the first with ${status} ${words}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

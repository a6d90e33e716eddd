// What every intake route takes from a request's headers.
import { InvalidInput } from '@assay/contracts';
import { traceparentOf } from '@assay/runtime';
import type { FastifyRequest } from 'fastify';
import type { RequestFacts } from '../accept-report.ts';

export function requestFacts({
  headers,
  principal,
  span,
}: Pick<FastifyRequest, 'headers' | 'principal' | 'span'>): RequestFacts {
  const key = headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)))
    throw new InvalidInput('Idempotency-Key must be one value of 1 to 255 printable characters', {
      code: 'request.idempotency-key',
    });
  const traceparent = span ? traceparentOf(span) : undefined;
  return {
    principal,
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

// What every intake route takes from a request's headers.
import { InvalidInput } from '@assay/contracts';
import type { FastifyRequest } from 'fastify';
import type { RequestFacts } from '../accept-report.ts';

export function requestFacts({ headers, principal }: Pick<FastifyRequest, 'headers' | 'principal'>): RequestFacts {
  const key = headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)))
    throw new InvalidInput('Idempotency-Key must be one value of 1 to 255 printable characters', {
      code: 'request.idempotency-key',
    });
  const { traceparent } = headers;
  // A trace that is not well-formed is begun anew (W3C Trace Context §3.2.2).
  const isTrace = typeof traceparent === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent);
  return {
    principal,
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(isTrace ? { traceparent } : {}),
  };
}

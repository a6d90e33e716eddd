// Errors over HTTP: RFC 9457 problem details. Only InvalidInput and Transient speak to the client in their own words.
import { AssayError, InvalidInput, Transient } from '@assay/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  instance: string;
}

/** Statuses of InvalidInput by the last word of its code; any other is 400. */
const statusByWord: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  exists: 409,
  conflict: 409,
  'too-large': 413,
  unreadable: 422,
  refused: 422,
};

const titles: Readonly<Record<number, string>> = {
  400: 'The request is wrong',
  401: 'A token is needed',
  403: 'The token does not allow this',
  404: 'There is no such thing',
  405: 'Not done this way',
  409: 'It is in the way of what is there',
  413: 'It is too large',
  415: 'The content type is not taken',
  422: 'It cannot be used',
  429: 'Too many requests',
  500: 'The gateway made a mistake',
  503: 'Not now',
};

/** How long a client waits when nothing better is known. Milliseconds. */
const defaultRetryMs = 1000;

/** The problem of an error, and the headers that go with it. */
export function problemOf(error: unknown, requestId: string): { problem: Problem; headers: Record<string, string> } {
  const { status, code, detail, headers = {} } = describe(error);
  return {
    problem: {
      type: `urn:assay:problem:${code}`,
      title: titles[status] ?? 'The request is wrong',
      status,
      detail,
      code,
      instance: `urn:uuid:${requestId}`,
    },
    headers,
  };
}

interface Description {
  status: number;
  code: string;
  detail: string;
  headers?: Record<string, string>;
}

function describe(error: unknown): Description {
  if (error instanceof InvalidInput) {
    const status = statusByWord[error.code.split('.').at(-1) ?? ''] ?? 400;
    const detail = sentence(error);
    if (status !== 401) return { status, code: error.code, detail };
    return { status, code: error.code, detail, headers: { 'www-authenticate': 'Bearer realm="assay"' } };
  }
  if (error instanceof Transient) {
    const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? defaultRetryMs) / 1000));
    return { status: 503, code: error.code, detail: error.message, headers: { 'retry-after': String(seconds) } };
  }
  // What the HTTP server itself refuses: a length, a content type, the rate.
  const { statusCode, message } = (error ?? {}) as Partial<FastifyError>;
  if (!(error instanceof AssayError) && statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: httpCodes[statusCode] ?? 'request.invalid', detail: message ?? '' };
  }
  return {
    status: 500,
    code: 'fault',
    detail: 'the request could not be handled; the log has the reason under its instance',
  };
}

const httpCodes: Readonly<Record<number, string>> = {
  404: 'route.missing',
  405: 'route.method',
  413: 'request.too-large',
  415: 'request.content-type',
  429: 'request.rate',
};

// The cause of an InvalidInput tells what in the input was wrong, e.g. the name of a field.
function sentence(error: InvalidInput): string {
  return error.message.slice(0, 2000);
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem, headers } = problemOf(error, request.id);
  const facts = { requestId: request.id, status: problem.status, code: problem.code };
  if (problem.code === 'fault') request.log.error({ ...facts, err: error }, 'request failed');
  else request.log.debug({ ...facts, reason: problem.detail }, 'request refused');
  // What a client still sends of a refused body is not waited for.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply
    .code(problem.status)
    .headers(headers)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}

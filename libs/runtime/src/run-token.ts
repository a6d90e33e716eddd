// Run tokens: what the tasks of one run submit reports with. Signed, short-lived and good for that run only, so the
// executor can make them and the gateway check them without a store between them.
import { createHmac, timingSafeEqual } from 'node:crypto';

const prefix = 'assay-run';

export interface RunTokenClaims {
  runId: string;
  pipeline: string;
  /** Name of what the run scans; the token writes to no other. */
  target: string;
  /** Seconds since 1970. */
  expires: number;
}

export function signRunToken(claims: RunTokenClaims, key: string): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${prefix}.${body}.${signature(body, key)}`;
}

/** The claims, undefined when it is no run token, was signed with another key or has expired. */
export function verifyRunToken(token: string, key: string, now: Date): RunTokenClaims | undefined {
  const [start, body, given, ...rest] = token.split('.');
  if (start !== prefix || !body || !given || rest.length > 0) return undefined;
  const expected = Buffer.from(signature(body, key));
  const actual = Buffer.from(given);
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as RunTokenClaims;
  if (typeof claims.target !== 'string' || claims.target === '') return undefined;
  return claims.expires * 1000 > now.getTime() ? claims : undefined;
}

function signature(body: string, key: string): string {
  return createHmac('sha256', key).update(`${prefix}.${body}`).digest('base64url');
}

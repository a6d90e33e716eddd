// Who asks, and what they may: bearer tokens, hashed at rest, each with scopes; a run's tasks have signed ones.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { InvalidInput } from '@assay/contracts';
import { verifyRunToken } from '@assay/runtime';
import type { TokenStore } from '@assay/store';

export const scopes = [
  'report:submit',
  'blob:write',
  'run:request',
  'run:read',
  'run:cancel',
  'run:source',
  'run:findings',
  'finding:read',
  'finding:return',
  'event:publish',
  'event:read',
  'sink:admin',
  'dead:admin',
  'metrics:read',
  '*',
] as const;
export type Scope = (typeof scopes)[number];

export interface Principal {
  /** Unique: "token:ci", "run:<run id>" or "bootstrap". */
  readonly name: string;
  readonly scopes: readonly string[];
  /** The run that it acts for. */
  readonly run?: { runId: string; pipeline: string; target: string };
}

export interface AuthOptions {
  tokens: Pick<TokenStore, 'find'>;
  /** Hash of the token that may do everything. */
  bootstrapHash?: string | undefined;
  /** Key that run tokens are signed with; without it none is accepted. */
  runTokenKey?: string | undefined;
  now(): Date;
}

/** Who asks without a token. */
export const nobody: Principal = { name: 'nobody', scopes: [] };

const runScopes: readonly Scope[] = ['report:submit', 'blob:write', 'run:findings', 'run:source'];

/** Who a request's Authorization header belongs to; undefined: nobody, or not any more. */
export async function principalOf(
  authorization: string | undefined,
  options: AuthOptions,
): Promise<Principal | undefined> {
  const token = /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  const hash = hashToken(token);
  if (options.bootstrapHash !== undefined && isSame(hash, options.bootstrapHash))
    return { name: 'bootstrap', scopes: ['*'] };
  const claims =
    options.runTokenKey === undefined ? undefined : verifyRunToken(token, options.runTokenKey, options.now());
  if (claims) {
    const { runId, pipeline, target } = claims;
    return { name: `run:${runId}`, scopes: runScopes, run: { runId, pipeline, target } };
  }
  const stored = await options.tokens.find(hash);
  if (!stored || !isSame(hash, stored.hash)) return undefined;
  if (stored.expiresAt !== undefined && Date.parse(stored.expiresAt) <= options.now().getTime()) return undefined;
  return { name: `token:${stored.name}`, scopes: stored.scopes };
}

/** Throws InvalidInput: 401 when there is nobody, 403 naming the scope that is missing. */
export function authorize(principal: Principal | undefined, scope: Scope): asserts principal is Principal {
  if (!principal || principal === nobody)
    throw new InvalidInput('send a valid token: "Authorization: Bearer …"', { code: 'auth.unauthenticated' });
  if (!principal.scopes.includes('*') && !principal.scopes.includes(scope))
    throw new InvalidInput(`the token lacks the scope "${scope}"; make one that has it with POST /api/v1/tokens`, {
      code: 'auth.forbidden',
    });
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Whether others than this process may read a file. One of root that its group may read is a mounted Secret of
 * Kubernetes: the group (fsGroup) is the pod's own.
 */
export function isForOthers({ mode, uid }: { mode: number; uid: number }, ownUid: number | undefined): boolean {
  const isMounted = uid === 0 && ownUid !== 0;
  return (mode & (isMounted ? 0o037 : 0o077)) !== 0;
}

/** The hash of the token in a file that only its owner may read. */
export async function readTokenFile(path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new InvalidInput(`the token file ${path} (ASSAY_GATEWAY_TOKEN_FILE) ${why}`, { code: 'gateway.token-file', cause });
  let token: string;
  try {
    if (isForOthers(await stat(path), process.getuid?.())) throw refuse('can be read by others: chmod 600 it');
    token = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw refuse('cannot be read: make it, or unset the variable', error);
  }
  if (!/^[\x21-\x7e]{16,4096}$/.test(token))
    throw refuse('must hold one token of at least 16 characters without spaces');
  return hashToken(token);
}

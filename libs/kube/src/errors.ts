// What the API server refused, as our errors, in its own sentence: it names the object, the field and the right.
import { type AssayError, InvalidInput, Transient } from '@assay/contracts';

/** metav1.Status, as far as we read it. */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

/** An answer that is no success. */
export interface Refusal {
  readonly status: number;
  /** Undefined where the body is none. */
  readonly body: Status | undefined;
  /** Of the body, for answers that do not come from an API server. */
  readonly text: string;
  readonly retryAfter: string | undefined;
}

const codes: Readonly<Record<number, readonly [code: string, repair: string]>> = {
  401: ['kube.unauthorized', 'log in anew, or give a kubeconfig whose credentials are valid'],
  403: ['kube.forbidden', 'bind a Role that allows it to this user or service account'],
  404: ['kube.missing', 'make it first, or name another'],
  405: ['kube.invalid', 'this kind does not have that verb'],
  409: ['kube.conflict', 'let its owner change it, or take the fields over by force'],
  413: ['kube.too-large', 'an object may have about 1.5 MB: put what is large elsewhere and refer to it'],
};

const passing: Readonly<Record<number, string>> = {
  403: 'kube.quota',
  409: 'kube.modified',
  410: 'kube.expired',
};

/** `doing`: what was tried, for the sentence: "apply Pod shop". */
export function errorOf(doing: string, refusal: Refusal): AssayError {
  const { status, body, text } = refusal;
  const said = body?.message || text.trim().slice(0, 500) || `HTTP status ${status}`;
  if (isPassing(refusal, said)) {
    const retryAfterMs = retryAfterMsOf(refusal);
    return new Transient(`could not ${doing}: ${said}`, {
      code: passing[status] ?? 'kube.unavailable',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  const [code, repair] = codes[status] ?? ['kube.invalid', 'correct it and try again'];
  return new InvalidInput(`could not ${doing}: ${said}; ${repair}`, { code });
}

// A quota is 403 and a lost race for an object 409; either is other after a while. A member that the kind does not have
// is 500 to server-side apply (Kubernetes 1.35), and stays so.
function isPassing({ status, body }: Refusal, said: string): boolean {
  if (said.startsWith('failed to create typed patch object')) return false;
  if ([408, 410, 429].includes(status) || status >= 500) return true;
  if (status === 403) return said.includes('exceeded quota');
  if (status !== 409) return false;
  return !body?.details?.causes?.some(({ reason }) => reason === 'FieldManagerConflict') && said.includes('try again');
}

function retryAfterMsOf({ body, retryAfter }: Refusal): number | undefined {
  const seconds = retryAfter === undefined ? body?.details?.retryAfterSeconds : secondsOf(retryAfter);
  return seconds === undefined || !(seconds >= 0) ? undefined : Math.min(seconds, 3600) * 1000;
}

// RFC 9110 §10.2.3: seconds, or a date.
function secondsOf(header: string): number {
  return /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
}

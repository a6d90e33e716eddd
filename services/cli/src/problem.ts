// What the gateway refused, as an error with the sentence it gave (problem+json, RFC 9457).
import { Fault, InvalidInput, Transient } from '@assay/contracts/errors';

const maxProblemBytes = 64 * 1024;

/** The error of an answer that is no success. Reads at most 64 KiB of it. */
export async function problemOf(response: Response, url: string): Promise<Error> {
  const { status } = response;
  const problem = parse(await start(response));
  const sentence = sentenceOf(problem);
  const code = typeof problem['code'] === 'string' ? problem['code'] : `gateway.${status}`;
  if (status >= 300 && status < 400)
    return new InvalidInput(`${url} sends on to ${response.headers.get('location')}; set ASSAY_URL to where it is`, {
      code,
    });
  if (status === 401)
    return new InvalidInput(`${sentence || 'the gateway wants a token'}: ${howToAuthenticate}`, { code });
  if (status === 403)
    return new InvalidInput(`${sentence || 'the token does not allow this'}: use one with the scope it needs`, {
      code,
    });
  if ([429, 502, 503, 504].includes(status)) {
    const retryAfterMs = retryAfter(response.headers.get('retry-after'));
    return new Transient(sentence || `${url} is busy or not ready (HTTP ${status}); try again`, {
      code,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (status >= 500) return new Fault(sentence || `${url} failed (HTTP ${status}); its log says why`, { code });
  if (status === 404 && !sentence)
    return new InvalidInput(`${url} does not know this address; check ASSAY_URL and its version`, { code });
  return new InvalidInput(sentence || `${url} refused this (HTTP ${status})`, { code });
}

const howToAuthenticate = 'set ASSAY_TOKEN or ASSAY_TOKEN_FILE (`assay env` prints it for a platform on this machine)';

async function start(response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > maxProblemBytes) break;
    }
  } catch {
    // The status is known, and says enough without the rest of the text.
  }
  return Buffer.concat(chunks).subarray(0, maxProblemBytes).toString('utf8');
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function sentenceOf(problem: Record<string, unknown>): string {
  const [title, detail] = ['title', 'detail'].map((name) => (typeof problem[name] === 'string' ? problem[name] : ''));
  return (detail || title || '').replace(/[.\s]+$/, '');
}

/** Seconds or a date (RFC 9110 §10.2.3), in milliseconds from now. */
function retryAfter(header: string | null): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

// Answers that are of the address and not of what was sent to it: an ingress gives them for a service that is away.
import { type InvalidInput, Transient } from '@assay/contracts';
import type { Answer } from '../http/door.ts';

/** Nobody serves this path, or not by this method. */
const statuses = new Set([404, 405, 410]);

/**
 * The error of an answer; one to try again where it is a redirect or nobody is there, so that no event is given up for
 * it. `setting` holds the address.
 */
export function heldBack(
  { status }: Answer,
  error: InvalidInput | Transient,
  setting = 'config.url',
): InvalidInput | Transient {
  const isElsewhere = (status >= 300 && status < 400) || statuses.has(status);
  if (!isElsewhere || error instanceof Transient) return error;
  return new Transient(`${error.message}; look what is at ${setting}`, { code: error.code.replace(/\.refused$/, '') });
}

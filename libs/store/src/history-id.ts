import { hash } from 'node:crypto';

/** The name of a target's history: 20 hex digits. */
export function historyId(target: string): string {
  return hash('sha256', target).slice(0, 20);
}

// One thing that Assay needs, looked at.

export type Status =
  /** As it should be. */
  | 'ok'
  /** Not there, and Assay works without it. */
  | 'optional'
  /** Something must be done. */
  | 'repair';

export interface Diagnosis {
  name: string;
  status: Status;
  /** What was seen. */
  detail: string;
  /** What to do; absent when nothing needs to be. */
  repair?: string;
}

export function ok(name: string, detail: string): Diagnosis {
  return { name, status: 'ok', detail };
}

export function optional(name: string, detail: string, repair: string): Diagnosis {
  return { name, status: 'optional', detail, repair };
}

export function broken(name: string, detail: string, repair: string): Diagnosis {
  return { name, status: 'repair', detail, repair };
}

// A Scan as the cluster has it, and the ids of its runs.
import { hash } from 'node:crypto';
import { type Condition, resourceApiVersion, type ScanStatus, scanStatus } from '@assay/contracts/resources';
import type { KubeObject } from '@assay/kube';

export const scanKind = { apiVersion: resourceApiVersion, kind: 'Scan' } as const;

export interface Scan {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** Of this state: a change of the status counts only if nobody changed it meanwhile. */
  readonly resourceVersion: string;
  /** Not parsed: what a new version wrote may be wrong for this one. */
  readonly spec: unknown;
  readonly status: ScanStatus;
}

export function scanOf({ metadata, spec, status }: KubeObject): Scan {
  const { namespace = '', name = '', uid = '', generation = 0, resourceVersion = '' } = metadata;
  // Somebody else's status is none of ours: begun anew.
  const { data = {} } = scanStatus.safeParse(status ?? {});
  return { namespace, name, uid, generation, resourceVersion, spec, status: data };
}

/** The same for whoever decides it. `occasion`: the generation of the spec, or the time of the schedule. */
export function runIdOf({ namespace, name, uid }: Scan, occasion: string): string {
  return `scan.${namespace}.${name}.${hash('sha256', `${uid}\0${occasion}`).slice(0, 16)}`;
}

/** Whose run it is; undefined when it is none of a Scan. */
export function placeOfRun(runId: string): { namespace: string; name: string } | undefined {
  // A namespace has no dots, a name may.
  const [, namespace, name] = /^scan\.([a-z0-9-]+)\.(.+)\.[0-9a-f]{16}$/.exec(runId) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

export function conditionOf({ status }: Scan, type: string): Condition | undefined {
  return status.conditions?.find((one) => one.type === type);
}

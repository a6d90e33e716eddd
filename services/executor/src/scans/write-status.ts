// A Scan's status, changed only from the state that was read.
import { Transient } from '@assay/contracts';
import type { ScanStatus } from '@assay/contracts/resources';
import type { Kube } from '@assay/kube';
import { type Scan, scanKind, scanOf } from './scan.ts';

/** The Scan as it is then; undefined when it is gone, or another was faster. */
export async function writeStatus(kube: Kube, scan: Scan, status: ScanStatus): Promise<Scan | undefined> {
  const { namespace, name, resourceVersion } = scan;
  // A merge keeps what is not named.
  const gone = Object.keys(scan.status).filter((member) => !(member in status));
  const patch = {
    metadata: { resourceVersion },
    status: { ...status, ...Object.fromEntries(gone.map((member) => [member, null])) },
  };
  try {
    const object = await kube.patch({ ...scanKind, namespace, name }, patch, { subresource: 'status' });
    return object && scanOf(object);
  } catch (error) {
    if (error instanceof Transient && error.code === 'kube.modified') return undefined;
    throw error;
  }
}

import { resourceApiVersion } from '@assay/contracts/resources';

export const sinkKind = { apiVersion: resourceApiVersion, kind: 'Sink' } as const;

// A package whose licence is not on the list given with --licenses. The tool has no severity for that.
import { Kind } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import type { ScannedPackage } from './scanned-package.ts';

export function licenseDraft(license: string, { component, purl, path, ecosystem }: ScannedPackage): FindingDraft {
  const name = license || 'UNKNOWN';
  return {
    rule: name,
    title: `${component} has the licence ${name}, which is not allowed`,
    kind: Kind.LICENSE,
    purl,
    ...(path ? { location: { path } } : {}),
    properties: { component, ecosystem },
    content: `${name}\n${component}`,
  };
}

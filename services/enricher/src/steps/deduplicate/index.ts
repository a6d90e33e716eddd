// deduplicate: the same vulnerability of the same package from several tools is one finding. It only says which findings
// are meant: those whose identity has no tool in it (docs/findings.md). The ledger, which remembers what other reports
// said, makes one of them.
import type { Batch } from '@assay/contracts';
import { z } from 'zod';
import { eachField, findingField } from '../../encoded-fields.ts';
import { type Delta, defineStep } from '../../step.ts';

export const deduplicate = defineStep({
  name: 'deduplicate',
  summary: 'Makes one finding of the same CVE in the same package, whichever tools report it.',
  params: z.strictObject({}),
  prepare: () => undefined,
  run: nameSame,
});

function nameSame({ findings }: Batch): Delta[] {
  const positions: number[] = [];
  findings.forEach((finding, position) => {
    if (hasNoTool(finding)) positions.push(position);
  });
  if (positions.length === 0) return [];
  return [{ anyTool: true, positions: positions.length === findings.length ? [] : positions }];
}

/** Whether identity is made of CVEs and a package URL. */
function hasNoTool(finding: Uint8Array): boolean {
  let hasCve = false;
  let hasPackage = false;
  eachField(finding, (field, value) => {
    if (value.length === 0) return;
    if (field === findingField.cves) hasCve = true;
    else if (field === findingField.purl) hasPackage = true;
  });
  return hasCve && hasPackage;
}

// A licence of a package, or one that stands in a file. How bad it is, is Trivy's word for the licence's category.
import { Kind } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { fieldsOf, requiredText } from '../../fields.ts';
import { numberOf, textOf } from '../../json-values.ts';
import { isWebAddress } from '../../web-address.ts';
import type { Result } from './result.ts';
import { severityOf } from './severity.ts';

export function licenseDraft(value: unknown, result: Result, where: string): FindingDraft {
  const found = fieldsOf(value, where);
  const name = requiredText(found, 'Name', where);
  const component = textOf(found['PkgName']);
  const path = textOf(found['FilePath']) || result.path;
  const link = textOf(found['Link']);
  const draft: FindingDraft = {
    rule: name,
    title: `${component || path || result.target} has the licence ${name}`,
    severity: severityOf(found['Severity']),
    kind: Kind.LICENSE,
    references: isWebAddress(link) ? [link] : [],
    properties: {
      component,
      category: textOf(found['Category']),
      confidence: String(numberOf(found['Confidence']) ?? ''),
      among: path ? '' : result.target,
      resource: result.resource,
    },
    content: [name, component, result.resource].filter(Boolean).join('\n'),
  };
  if (path) draft.location = { path };
  return draft;
}

// A secret in a file. Trivy puts stars in its place; what comes without them is hidden whole.
import { Kind } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { fieldsOf, requiredText } from '../../fields.ts';
import { listOf, objectOf, positionOf, textOf } from '../../json-values.ts';
import { keyLinesOf } from '../../redact.ts';
import type { Result } from './result.ts';
import { severityOf } from './severity.ts';

const masked = /\*{3,}/;

export function secretDraft(value: unknown, result: Result, where: string): FindingDraft {
  const found = fieldsOf(value, where);
  const rule = requiredText(found, 'RuleID', where);
  const match = textOf(found['Match']);
  const code = listOf(objectOf(found['Code'])['Lines']).map(objectOf);
  const flagged = code.filter(({ IsCause }) => IsCause === true).map(({ Content }) => textOf(Content));
  const startLine = positionOf(found['StartLine']);
  const draft: FindingDraft = {
    rule,
    title: textOf(found['Title']) || rule,
    severity: severityOf(found['Severity']),
    kind: Kind.SECRET,
    properties: {
      category: textOf(found['Category']),
      resource: result.resource,
      layer: textOf(objectOf(found['Layer'])['Digest']) || textOf(objectOf(found['Layer'])['DiffID']),
    },
    content: [result.resource, match].filter(Boolean).join('\n'),
    secrets: secretsOf(match, flagged, code.map(({ Content }) => textOf(Content)).join('\n')),
  };
  if (result.path) {
    draft.location = {
      path: result.path,
      startLine,
      endLine: positionOf(found['EndLine']) || startLine,
      snippet: match,
    };
  }
  return draft;
}

function secretsOf(match: string, flagged: readonly string[], code: string): string[] {
  const open = [match, ...flagged].filter((text) => text.trim() !== '' && !masked.test(text));
  // A line of a key in the match is known by the key around it.
  return [...open, ...open.map((text) => text.trim()), ...keyLinesOf(code), ...keyLinesOf(match)];
}

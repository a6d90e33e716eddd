// A check of a configuration file or of a resource. Those that pass are listed too with --include-non-failures.
import { Kind } from '@assay/contracts';
import type { FindingDraft, Parsing } from '../../adapter.ts';
import { fieldsOf, requiredText } from '../../fields.ts';
import { entryOf, listOf, objectOf, positionOf, textOf, textsOf } from '../../json-values.ts';
import { keyLinesOf, literalsOf } from '../../redact.ts';
import { isWebAddress } from '../../web-address.ts';
import type { Result } from './result.ts';
import { severityOf } from './severity.ts';

/** "Secrets passed via build-args or envs or copied secret files", under its names of three generations. */
const secretCheck = /^(?:AVD-)?DS-?0*31$/;

const excused: Readonly<Record<string, string>> = { PASS: 'check that passed', EXCEPTION: 'check with an exception' };

export function misconfigurationDraft(
  value: unknown,
  result: Result,
  where: string,
  parsing: Parsing,
): FindingDraft | undefined {
  const found = fieldsOf(value, where);
  const rule = textOf(found['ID']) || requiredText(found, 'AVDID', where);
  const reason = textOf(entryOf(excused, textOf(found['Status'])));
  if (reason) {
    parsing.filter(reason);
    return undefined;
  }
  const cause = objectOf(found['CauseMetadata']);
  const lines = listOf(objectOf(cause['Code'])['Lines']).map(objectOf);
  const code = lines.map(({ Content }) => textOf(Content)).join('\n');
  const flagged = lines.filter(({ IsCause }) => IsCause === true);
  const snippet = flagged.map(({ Content }) => textOf(Content)).join('\n');
  const message = textOf(found['Message']).trim();
  const title = textOf(found['Title']) || message || rule;
  const about = [result.resource, textOf(cause['Resource'])].filter(Boolean);
  const draft: FindingDraft = {
    rule,
    title,
    description: [message, textOf(found['Description']).trim(), textOf(found['Resolution']).trim()]
      .filter((text) => text && text !== title)
      .join('\n\n'),
    severity: severityOf(found['Severity']),
    kind: Kind.MISCONFIGURATION,
    references: [...new Set([textOf(found['PrimaryURL']), ...textsOf(found['References'])])].filter(isWebAddress),
    properties: {
      type: textOf(found['Type']),
      avdId: textOf(found['AVDID']) === rule ? '' : textOf(found['AVDID']),
      provider: textOf(cause['Provider']),
      service: textOf(cause['Service']),
      resource: about.join(' '),
      layer: textOf(objectOf(found['Layer'])['Digest']),
    },
    // A resource's lines change with everything else in it: a container's with each image. Messages name what they are about.
    content: [result.resource, textOf(cause['Resource']) || message || snippet].filter(Boolean).join('\n'),
    secrets: [...keyLinesOf(code), ...(secretCheck.test(rule) ? valuesIn(snippet) : [])],
  };
  if (result.path) {
    const startLine = positionOf(cause['StartLine']);
    draft.location = { path: result.path, startLine, endLine: positionOf(cause['EndLine']) || startLine, snippet };
  }
  return draft;
}

// What the lines of a Dockerfile set: ENV TOKEN=value, ENV TOKEN value, ARG TOKEN="value".
function valuesIn(snippet: string): string[] {
  const values = [...snippet.matchAll(/^[ \t]*(?:ENV|ARG)[ \t]+\w+[ \t]+(?!\w+=)(\S.*)$/gim)].map(([, value = '']) =>
    value.trim(),
  );
  for (const [, value = ''] of snippet.matchAll(/=\s*([^\s"'=]+)/g)) values.push(value);
  return [...values, ...literalsOf(snippet)];
}

// gitleaks' JSON (-f json). Every record holds a secret, in clear unless gitleaks ran with --redact; it gives no
// severity; the order of records differs between runs, and its Fingerprint holds a line number.
import { InvalidInput, Kind } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, fieldsOf, requiredText, text, texts } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';

export const gitleaks: Adapter = {
  name: 'gitleaks',
  title: 'gitleaks JSON (-f json)',
  // An empty list may come from other tools as well.
  recognises: ({ root, keys }) =>
    root === 'array' && (keys.size === 0 || (keys.has('RuleID') && keys.has('Fingerprint'))),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('gitleaks', '');
  const items = jsonItems(report.open(), ['[]']);
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value, indexes } of step.value) {
      parsing.record();
      yield draftOf(value, `gitleaks record ${indexes[0]}`);
    }
  }
  // Versions before 8.16 wrote null for nothing.
  if (step.value !== null && !Array.isArray(step.value)) {
    throw new InvalidInput('The report is no list of leaks: it is not gitleaks’ JSON (-f json).', {
      code: 'report.format',
    });
  }
}

function draftOf(value: unknown, where: string): FindingDraft {
  const leak = fieldsOf(value, where);
  const secret = requiredText(leak, 'Secret', where);
  const match = text(leak, 'Match', where);
  const commit = text(leak, 'Commit', where);
  const link = text(leak, 'Link', where);
  const isRedacted = /^REDACTED$|\.\.\.$/.test(secret);
  return {
    rule: requiredText(leak, 'RuleID', where),
    title: text(leak, 'Description', where),
    kind: Kind.SECRET,
    location: {
      path: requiredText(leak, 'File', where),
      startLine: count(leak, 'StartLine', where),
      endLine: count(leak, 'EndLine', where),
      startColumn: count(leak, 'StartColumn', where),
      endColumn: count(leak, 'EndColumn', where),
      snippet: match,
    },
    references: link ? [link] : [],
    properties: {
      commit,
      date: text(leak, 'Date', where),
      entropy: typeof leak.Entropy === 'number' ? String(leak.Entropy) : '',
      tags: texts(leak, 'Tags', where).join(', '),
      symlink: text(leak, 'SymlinkFile', where),
    },
    // Two redacted secrets look the same; their entropy tells them apart, in any order.
    content: isRedacted ? `${match} ${leak.Entropy ?? ''}` : match || secret,
    secrets: secretsOf(secret, match),
  };
}

function secretsOf(secret: string, match: string): string[] {
  if (secret === 'REDACTED') return [];
  // Some rules take the quotes along, and --redact=50 leaves the start of a secret.
  const bare = secret.replace(/\.\.\.$/, '').replace(/^(["'`])(.*)\1$/s, '$2');
  return secret === '' ? [match] : [secret, bare];
}

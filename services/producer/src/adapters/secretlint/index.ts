// secretlint: its SARIF, and its JSON without the source that it embeds.
import { Kind } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { readStart } from '../../read-start.ts';
import { parseSarif } from '../sarif/parse-sarif.ts';
import { parseJson } from './parse-json.ts';
import { ruleName, wordsOf } from './words.ts';

export const secretlint: Adapter = {
  name: 'secretlint',
  title: 'secretlint SARIF (--format @secretlint/secretlint-formatter-sarif) or JSON',
  recognises: ({ root, keys, text }) =>
    root === 'array'
      ? keys.has('filePath') && keys.has('sourceContent')
      : root === 'object' && keys.has('runs') && /"driver"\s*:\s*\{\s*"name"\s*:\s*"secretlint"/.test(text),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft | Iterable<FindingDraft>> {
  if ((await readStart(report, 1024)).trimStart().startsWith('[')) {
    yield* parseJson(report, parsing);
    return;
  }
  const drafts = parseSarif(report, parsing, { name: 'secretlint', kind: Kind.SECRET, ruleId: ruleName });
  for await (const some of drafts) yield withoutSecrets(some);
}

function* withoutSecrets(drafts: Iterable<FindingDraft>): Iterable<FindingDraft> {
  for (const draft of drafts) {
    const { title, secrets } = wordsOf(draft.title ?? '');
    const whole = wordsOf(draft.content ?? '');
    yield { ...draft, title, description: '', secrets: [...(draft.secrets ?? []), ...secrets, ...whole.secrets] };
  }
}

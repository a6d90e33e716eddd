// policy: rules of people decide about findings: another severity, tags, annotations, a suppression that ends.
import { withinTime } from '@assay/cel';
import { type Batch, InvalidInput, recordAt } from '@assay/contracts';
import { documentParams, readDocument } from '../../document.ts';
import { type Delta, defineStep } from '../../step.ts';
import { changeOf, judge } from './judge.ts';
import { maxPolicyBytes, type Policy, parsePolicy, type Rule } from './policy.ts';
import { timeLimitMs } from './time-limit.ts';

const limit = {
  maxBytes: maxPolicyBytes,
  code: 'policy.invalid',
  sentence: `is no policy: it has more than ${maxPolicyBytes} bytes`,
};

export const policy = defineStep({
  name: 'policy',
  summary: 'Sets severities, tags and suppressions by the rules of a policy document.',
  params: documentParams('a policy'),
  prepare: async (params, context) => parsePolicy(await readDocument(params, context, limit)),
  run(batch, rules, at) {
    const maxMs = timeLimitMs(batch.findings.length);
    const deltas = withinTime(maxMs, () => decide(batch, rules, at));
    if (deltas) return deltas;
    throw new InvalidInput(
      `the policy took longer than ${maxMs} ms on one batch of ${batch.findings.length}; simplify what its rules match`,
      {
        code: 'policy.rule',
      },
    );
  },
});

/** One delta for all findings that the same rules apply to. */
function decide(batch: Batch, rules: Policy, at: Date): Delta[] {
  const groups = new Map<string, { applied: Rule[]; positions: number[] }>();
  batch.findings.forEach((_, position) => {
    const applied = judge(rules, recordAt(batch, position), at).map(({ rule }) => rule);
    if (applied.length === 0) return;
    const key = applied.map(({ name }) => name).join('/');
    const group = groups.get(key);
    if (group) group.positions.push(position);
    else groups.set(key, { applied, positions: [position] });
  });
  return [...groups.values()].map(({ applied, positions }) => ({ ...changeOf(applied, at), positions }));
}

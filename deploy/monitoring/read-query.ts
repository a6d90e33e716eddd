// What a PromQL query names, by Prometheus' own grammar.
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export interface Query {
  metrics: string[];
  /** Of `=` and `!=`; a pattern is asked for its label only. */
  matchers: { metric: string; label: string; value: string }[];
  /** Every other label it names. */
  labels: string[];
  /** What the first aggregation leaves; undefined where there is none. */
  grouping: string[] | undefined;
}

/** Grafana's own variables, as it fills them in. */
const variables: readonly [RegExp, string][] = [
  [/\$__(rate_interval|interval|range)\b/g, '5m'],
  [/\$namespace\b/g, 'assay'],
];

/** Throws where the query does not parse. */
export function readQuery(text: string): Query {
  const query = variables.reduce((filled, [variable, value]) => filled.replaceAll(variable, value), text);
  const of = ({ from, to }: { from: number; to: number }) => query.slice(from, to);
  const read: Query = { metrics: [], matchers: [], labels: [], grouping: undefined };
  parser.parse(query).iterate({
    enter: ({ type, node, from }) => {
      if (type.isError) throw new Error(`no PromQL at "${query.slice(from, from + 20)}" of ${query}`);
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        if (!name) throw new Error(`a selector without a metric: ${of(node)}`);
        read.metrics.push(of(name));
        for (const matcher of matchersOf(node)) {
          const [label, op, value] = [
            matcher.getChild('LabelName'),
            matcher.getChild('MatchOp'),
            matcher.getChild('StringLiteral'),
          ];
          if (!label || !op || !value) throw new Error(`no matcher: ${of(matcher)}`);
          if (/~/.test(of(op))) read.labels.push(of(label));
          else read.matchers.push({ metric: of(name), label: of(label), value: of(value).slice(1, -1) });
        }
      }
      if (type.name === 'GroupingLabels') read.labels.push(...node.getChildren('LabelName').map(of));
      if (type.name === 'AggregateExpr') {
        const labels = node.getChild('AggregateModifier')?.getChild('GroupingLabels')?.getChildren('LabelName') ?? [];
        read.grouping ??= labels.map(of);
      }
    },
  });
  // A bucket's boundary is no label of what is measured.
  return { ...read, labels: read.labels.filter((label) => label !== 'le') };
}

function matchersOf(selector: SyntaxNode): SyntaxNode[] {
  return selector.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
}

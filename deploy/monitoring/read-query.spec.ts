import { describe, expect, it } from '@jest/globals';
import { readQuery } from './read-query.ts';

describe('reading a query', () => {
  it('names metrics, matchers, labels and what is left', () => {
    const text =
      'histogram_quantile(0.9, sum by (le, a) (rate(x_bucket{n=~"$namespace", o="dead"}[$__rate_interval]))) and on (p) y != 0';
    expect(readQuery(text)).toEqual({
      metrics: ['x_bucket', 'y'],
      matchers: [{ metric: 'x_bucket', label: 'o', value: 'dead' }],
      labels: ['a', 'n', 'p'],
      grouping: ['le', 'a'],
    });
  });

  it.each([['sum by (a) x[5m'], ['rate(x{a=}[5m])'], ['x >'], ['{__name__="x"}'], ['sum(x) by a']])(
    'refuses %s',
    (text) => expect(() => readQuery(text)).toThrow(/PromQL|selector|matcher/),
  );
});

import { describe, expect, it } from '@jest/globals';
import { substitute, substituteAll, type Variables } from './substitute.ts';

const variables: Variables = {
  params: { x: 'one', 'a.b': 'dotted', list: ['p', 'q r'], object: { key: 'member' }, loop: '$(params.x)', empty: '' },
  workspaces: { source: '/src' },
  results: { report: '/results/report' },
  context: { 'taskRun.name': 'run-1-tool' },
};

describe('substitute', () => {
  it.each([
    ['plain text', 'plain text'],
    ['$(params.x)', 'one'],
    ['a$(params.x)b$(params.x)', 'aonebone'],
    ['$(params["x"])', 'one'],
    ["$(params['x'])", 'one'],
    ['$(params["a.b"])', 'dotted'],
    ['$(params.a.b)', 'dotted'],
    ['$(params.list[1])', 'q r'],
    ['$(params.object.key)', 'member'],
    ['[$(params.empty)]', '[]'],
    ['$(workspaces.source.path)/web', '/src/web'],
    ['$(workspaces.source.bound) $(workspaces.cache.bound)', 'true false'],
    ['[$(workspaces.cache.path)]', '[]'],
    ['$(results.report.path)', '/results/report'],
    ['$(context.taskRun.name)', 'run-1-tool'],
    ['$(date) $HOME $$', '$(date) $HOME $$'],
    // A value is not read again.
    ['$(params.loop)', '$(params.x)'],
  ])('%s becomes %s', (text, expected) => {
    expect(substitute(text, variables)).toBe(expected);
  });

  it.each([
    '$(params.y)',
    '$(params.list)',
    '$(params.list[7])',
    '$(params.object)',
    '$(params.object.no)',
    '$(results.no.path)',
    '$(context.no)',
    '$(params.constructor)',
  ])('refuses %s', (text) => {
    expect(() => substitute(text, variables)).toThrow(text);
  });
});

describe('substituteAll', () => {
  it.each([
    [
      ['a', '$(params.list[*])', 'b'],
      ['a', 'p', 'q r', 'b'],
    ],
    [['--x=$(params.x)'], ['--x=one']],
    [[], []],
  ])('%j becomes %j', (texts, expected) => {
    expect(substituteAll(texts, variables)).toEqual(expected);
  });

  it.each(['$(params.x[*])', 'a$(params.list[*])'])('refuses %s', (text) => {
    expect(() => substituteAll([text], variables)).toThrow('$(params.');
  });
});

import { describe, expect, it } from '@jest/globals';
import { mayBegin, surplusOf } from './admit.ts';
import { pipelineRunKind, readPipelineRun } from './tekton-objects.ts';

const run = (name: string, second: number, options: { pipeline?: string; isOver?: boolean } = {}) =>
  readPipelineRun({
    ...pipelineRunKind,
    metadata: {
      name,
      labels: { 'assay.dev/pipeline': options.pipeline ?? 'scan' },
      creationTimestamp: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
    },
    spec: {},
    status: options.isOver ? { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }] } : {},
  });

describe('a run that waits', () => {
  it.each([
    ['the only one', 'a', [run('a', 1)], 1, true],
    ['behind one that goes on', 'b', [run('b', 2), run('a', 1)], 1, false],
    ['behind one that goes on, with room for two', 'b', [run('b', 2), run('a', 1)], 2, true],
    ['behind one that has ended', 'b', [run('b', 2), run('a', 1, { isOver: true })], 1, true],
    ['behind one of another pipeline', 'b', [run('b', 2), run('a', 1, { pipeline: 'own' })], 1, true],
    ['of the same second as another, which has the earlier name', 'b', [run('a', 1), run('b', 1)], 1, false],
    ['that is not there', 'c', [run('a', 1)], 9, false],
  ])('%s', (_, name, runs, most, expected) => {
    expect(mayBegin(name, runs, 'scan', most)).toBe(expected);
  });

  it('never lets in more than there may be, whoever asks', () => {
    const runs = Array.from({ length: 9 }, (_, index) => run(`r${index}`, index % 3));
    expect(runs.filter(({ metadata }) => mayBegin(metadata.name, runs, 'scan', 4))).toHaveLength(4);
  });
});

describe('ended runs', () => {
  const runs = [
    run('d', 4, { isOver: true }),
    run('a', 1),
    run('b', 2, { isOver: true }),
    run('c', 3, { isOver: true }),
  ];
  it.each([
    [3, []],
    [1, ['b', 'c']],
    [0, ['b', 'c', 'd']],
  ])('beyond the newest %s are surplus, never one that goes on', (keep, expected) => {
    expect(surplusOf(runs, keep).map(({ metadata }) => metadata.name)).toEqual(expected);
  });
});

import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { preparedSteps } from './prepared-steps.ts';
import { defineStep, type StepContext } from './step.ts';

const context = {} as StepContext;

function counting(name: string, keeps?: number) {
  const prepared: string[] = [];
  const step = defineStep({
    name,
    summary: 'Counts.',
    ...(keeps === undefined ? {} : { keeps }),
    params: z.object({ n: z.string() }),
    prepare: ({ n }) => prepared.push(n),
    run: () => [],
  });
  return { step, prepared };
}

describe('preparedSteps', () => {
  it('keeps as many as a step says, the last used ones, whatever other steps do', async () => {
    const prepareStep = preparedSteps();
    const few = counting('few', 2);
    const many = counting('many');
    for (const n of ['a', 'b', 'a', 'c', 'a', 'b']) await prepareStep(few.step, { n }, context);
    expect(few.prepared).toEqual(['a', 'b', 'c', 'b']);
    for (const n of ['a', 'b', 'c', 'a', 'b', 'c']) await prepareStep(many.step, { n }, context);
    expect(many.prepared).toEqual(['a', 'b', 'c']);
  });

  it('tries again what failed', async () => {
    const prepareStep = preparedSteps();
    let tries = 0;
    const step = defineStep({
      name: 'flaky',
      summary: 'Fails once.',
      params: z.object({}),
      prepare: () => {
        tries += 1;
        if (tries === 1) throw new Error('away');
        return tries;
      },
      run: () => [],
    });
    await expect(prepareStep(step, {}, context)).rejects.toThrow('away');
    await expect(prepareStep(step, {}, context)).resolves.toMatchObject({ prepared: 2 });
  });
});

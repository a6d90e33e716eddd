import { join } from 'node:path';
import { type Draft, type RunRequested, runRequested } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { draftRun } from './plan-run.ts';

const components = join(import.meta.dirname, '../../../examples/components');
const settings = { components, pipelines: '/nonexistent', gatewayUrl: 'http://127.0.0.1:7077' };
const draft = (given: Draft<RunRequested>) =>
  draftRun(runRequested.message.create({ runId: 'r', pipeline: 'own', target: { name: 'shop' }, ...given }), settings);

describe('params of a run', () => {
  it('are texts on the wire, lists as their JSON', async () => {
    const { params } = await draft({
      components: ['producer-todo'],
      params: { 'producer-todo-words': '["TODO","FIXME"]' },
    });
    expect(params).toEqual({ 'producer-todo-words': ['TODO', 'FIXME'] });
  });

  it.each(['TODO', '{"a":"b"}', '[1]'])('that are no list where one is wanted are refused: %s', async (words) => {
    const asked = draft({ components: ['producer-todo'], params: { 'producer-todo-words': words } });
    await expect(asked).rejects.toThrow(/"producer-todo-words" must be an array/);
  });
});

describe('a task that enriches', () => {
  it('is a step of the run, behind those that were asked for', async () => {
    const { steps } = await draft({
      components: ['producer-todo', 'third-party-enricher'],
      steps: [{ name: 'deduplicate' }],
    });
    expect(steps).toEqual([
      { name: 'deduplicate', params: {}, outside: false },
      { name: 'third-party-enricher', params: {}, outside: true },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';

const logs = 'GET /api/v1/runs/run-1/logs';
const kept = {
  items: [
    { task: 'gosec', step: 'scan', truncated: false },
    { task: 'gosec', step: 'submit', truncated: true },
  ],
};

describe('assay runs logs', () => {
  it('shows every step’s lines with task and step, nothing in them acting on a terminal', async () => {
    const ran = await against(
      [
        { request: logs, answer: kept },
        { request: `${logs}/gosec/scan`, answer: 'one\n\u001b[31mtwo\n' },
        { request: `${logs}/gosec/submit`, answer: 'three' },
      ],
      ['runs', 'logs', 'run-1'],
    );
    expect(ran.out.split('\n')).toEqual([
      'gosec scan | one',
      expect.stringMatching(/^gosec scan \| .*two$/),
      'gosec submit | three',
      '',
    ]);
    expect(ran.out).not.toContain('\u001b');
    expect(ran.err).toBe('gosec submit: the rest was not kept\n');
  });

  it('shows one as it is', async () => {
    const script = [
      { request: logs, answer: kept },
      { request: `${logs}/gosec/scan`, answer: 'one\ntwo\n' },
    ];
    expect((await against(script, ['runs', 'logs', 'run-1', 'gosec', 'scan'])).out).toBe('one\ntwo\n');
  });

  it.each([
    ['another task', kept, 'eslint', /there are gosec scan, gosec submit/],
    ['none kept', { items: [] }, 'gosec', /no log is kept of run run-1/],
  ])('says what there is: %s', async (_, answer, task, sentence) => {
    const ran = await against([{ request: logs, answer }], ['runs', 'logs', 'run-1', task]);
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(sentence)]);
  });
});

describe('assay runs cancel', () => {
  it('asks once, with the reason', async () => {
    const ran = await against(
      [{ request: 'POST /api/v1/runs/run-1/cancel', status: 202, answer: { runId: 'run-1' } }],
      ['runs', 'cancel', 'run-1', '--reason', 'wrong branch'],
    );
    expect([ran.code, ran.out]).toEqual([0, 'run run-1 is to be cancelled\n']);
    expect(JSON.parse(ran.received[0]?.body ?? '')).toEqual({ reason: 'wrong branch' });
  });

  it('says that a run has ended already', async () => {
    const refused = { request: 'POST /api/v1/runs/run-1/cancel', ...problem(409, 'run run-1 has ended already') };
    const ran = await against([refused], ['runs', 'cancel', 'run-1']);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('has ended already')]);
  });
});

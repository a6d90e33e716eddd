import { describe, expect, it } from '@jest/globals';
import { against } from '../testing/against.ts';

describe('assay event publish', () => {
  it('sends data with its type in headers', async () => {
    const ran = await against(
      [{ request: 'POST /api/v1/events', status: 202, answer: { id: 'e1', subject: 'assay.x' } }],
      ['event', 'publish', '--type', 'artifact.requested', '--id', 'e1'],
      { stdin: '{"kind":"image"}' },
    );
    expect(ran).toMatchObject({ code: 0, out: 'e1 on assay.x\n' });
    expect(ran.received[0]).toMatchObject({
      body: '{"kind":"image"}',
      headers: { 'ce-type': 'dev.assay.artifact.requested.v1', 'ce-id': 'e1' },
    });
  });
});

describe('assay event tail', () => {
  const event = {
    specversion: '1.0',
    id: '1',
    type: 'dev.assay.task.finished.v1',
    time: '2026-03-01T12:00:00.5Z',
    assaysubject: 'assay.task.finished.scan.eslint',
    data: { task: 'eslint\x1b[1m', outcome: 'OUTCOME_SUCCEEDED' },
  };
  const stream = (response: import('node:http').ServerResponse) =>
    response.end(`data: ${JSON.stringify(event)}\n\n`.repeat(3));

  it.each([
    ['table', '2026-03-01 12:00:00  assay.task.finished.scan.eslint  task=eslint\\x1b[1m  outcome=succeeded\n'],
    ['json', `${JSON.stringify(event)}\n`],
  ])('prints a line an event as %s and ends after --count', async (format, line) => {
    const ran = await against(
      [{ request: 'GET /api/v1/events?subject=assay.task.>&since=2026-03-01T11:00:00.000Z', answer: stream }],
      ['event', 'tail', 'assay.task.>', '--since', '2026-03-01T11:00:00Z', '--count', '2', '-o', format],
    );
    expect(ran).toMatchObject({ code: 0, out: line.repeat(2) });
  });
});

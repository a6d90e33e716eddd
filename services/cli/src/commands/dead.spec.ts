import { describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';
import type { Exchange } from '../testing/scripted-gateway.ts';

const letter = {
  sequence: 7,
  service: 'producer',
  code: 'report.truncated',
  reason: 'cut off',
  subject: 'assay.report.submitted.sarif',
  diedAt: '2026-03-01T12:00:00Z',
  attempts: 1,
  origin: { stream: 'assay-report', sequence: 3 },
  size: 10,
};

describe('assay dead', () => {
  it('lists and shows', async () => {
    const listed = await against(
      [{ request: 'GET /api/v1/dead?limit=100', answer: { items: [letter] } }],
      ['dead', 'ls'],
    );
    expect(listed.out).toContain(
      '  7  2026-03-01 12:00:00  producer  assay.report.submitted.sarif  report.truncated  cut off\n',
    );
    const shown = await against(
      [
        {
          request: 'GET /api/v1/dead/7',
          answer: { ...letter, headers: { 'ce-id': 'x' }, payload: Buffer.from('a\x1bb').toString('base64') },
        },
      ],
      ['dead', 'show', '7'],
    );
    expect(shown.out).toContain('  ce-id: x\n\n  a\\x1bb\n');
  });

  it('redrives all only when told so twice', async () => {
    const list: Exchange = { request: 'GET /api/v1/dead?limit=1000', answer: { items: [letter] } };
    const asked = await against([list], ['dead', 'redrive', '--all']);
    expect(asked).toMatchObject({
      code: 2,
      err: 'assay: This would redrive 1 dead letter: add --yes if that is what you want.\n',
    });
    const done = await against(
      [list, { request: 'POST /api/v1/dead/7/redrive', status: 202, answer: letter }],
      ['dead', 'redrive', '--all', '--yes'],
    );
    expect(done).toMatchObject({ code: 0, out: '7 sent again\n' });
  });

  it('goes on with the others when one is gone', async () => {
    const ran = await against(
      [
        { request: 'DELETE /api/v1/dead/6', ...problem(404, 'there is no dead letter 6') },
        { request: 'DELETE /api/v1/dead/7', status: 204 },
      ],
      ['dead', 'drop', '6', '7'],
    );
    expect(ran).toMatchObject({ code: 2, out: '7 dropped\n', err: '6: there is no dead letter 6\n' });
  });
});

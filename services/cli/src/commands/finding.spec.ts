import { describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';
import { findingRecord } from '../testing/assessed.ts';

const stored = {
  ...findingRecord(),
  state: 'open',
  firstSeen: '2026-03-01T12:00:00.123Z',
  lastSeen: '2026-03-02T12:00:00Z',
  firstRun: 'r1',
  lastRun: 'r2',
};

describe('assay finding', () => {
  it('lists by the filters given, page after page', async () => {
    const query = 'target=shop&state=open&severity=high,critical';
    const ran = await against(
      [
        { request: `GET /api/v1/findings?${query}&limit=3`, answer: { items: [stored, stored], next: 'n' } },
        { request: `GET /api/v1/findings?${query}&limit=1&after=n`, answer: { items: [stored] } },
      ],
      ['finding', 'ls', '--target', 'shop', '--severity', 'high', '--severity', 'Critical', '--limit', '2'],
    );
    expect(ran).toMatchObject({ code: 0, err: 'showing the first 2; more with --limit\n' });
    expect(ran.out.split('\n')).toHaveLength(4);
    expect(ran.received[0]?.headers.authorization).toBe('Bearer secret');
  });

  it('prints JSON that a parser takes', async () => {
    const ran = await against(
      [{ request: 'GET /api/v1/findings?state=open&limit=101', answer: { items: [stored, stored] } }],
      ['finding', 'ls', '-o', 'json'],
    );
    expect(JSON.parse(ran.out)).toEqual([stored, stored]);
  });

  it('prints SARIF', async () => {
    const ran = await against(
      [{ request: 'GET /api/v1/findings?limit=101', answer: { items: [stored] } }],
      ['finding', 'ls', '--state', 'all', '-o', 'sarif'],
    );
    expect(JSON.parse(ran.out)).toMatchObject({ version: '2.1.0', runs: [{ results: [{ ruleId: stored.rule }] }] });
  });

  it('says that there are none', async () => {
    const ran = await against(
      [{ request: 'GET /api/v1/findings?state=open&limit=101', answer: { items: [] } }],
      ['finding', 'ls'],
    );
    expect(ran).toMatchObject({ code: 0, out: '', err: 'no findings\n' });
  });

  it('shows one, its texts harmless', async () => {
    const hostile = { ...stored, description: 'a\n\x1b[2Jb', properties: { 'k\x07': '\x9b' } };
    const ran = await against(
      [{ request: 'GET /api/v1/findings/01234567', answer: { items: [hostile] } }],
      ['finding', 'show', '01234567'],
    );
    expect(ran.out).toContain('  First seen  2026-03-01 12:00:00 by run r1\n');
    expect(ran.out).toContain('  a\n  \\x1b[2Jb\n');
    expect(ran.out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  it('says when there is no such finding', async () => {
    const ran = await against(
      [{ request: 'GET /api/v1/findings/ffffffff', ...problem(404, 'there is no finding ffffffff') }],
      ['finding', 'show', 'ffffffff'],
    );
    expect(ran).toMatchObject({ code: 2, err: 'assay: there is no finding ffffffff\n' });
  });
});

import type { StoredFinding } from '@assay/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway();
  for (const [index, target] of ['shop', 'shop', 'blog'].entries())
    test.store.allFindings.push({ id: `${index}`.padEnd(32, 'a'), target, rule: `G10${index}` } as StoredFinding);
});
afterEach(() => test.stop());

const get = (url: string) => test.app.inject({ url, headers: asAdmin });

describe('listing findings', () => {
  it('hands every filter to the store, typed', async () => {
    const answer = await get(
      '/api/v1/findings?target=shop&tool=gosec&rule=G101&state=open&severity=high,critical&run=r1&transition=opened&transition=recurred&path=src/&limit=7&after=0',
    );
    expect(answer.statusCode).toBe(200);
    expect(test.store.lastQuery).toEqual({
      target: 'shop',
      tool: 'gosec',
      rule: 'G101',
      state: 'open',
      severities: ['high', 'critical'],
      run: 'r1',
      transitions: ['opened', 'recurred'],
      path: 'src/',
      limit: 7,
      after: '0',
    });
  });

  it('asks for a hundred when nothing is said, and leaves filters out', async () => {
    const answer = await get('/api/v1/findings');
    expect(answer.json().items).toHaveLength(3);
    expect(test.store.lastQuery).toEqual({ limit: 100 });
  });

  it('goes on where a page ended', async () => {
    const first = (await get('/api/v1/findings?limit=2')).json();
    expect(first.items).toHaveLength(2);
    const second = (await get(`/api/v1/findings?limit=2&after=${first.next}`)).json();
    expect(second.items.map(({ rule }: StoredFinding) => rule)).toEqual(['G102']);
    expect(second).not.toHaveProperty('next');
  });

  it.each([
    ['a severity that is none', 'severity=high,awful', 'the query, severity'],
    ['a transition that is none', 'transition=vanished', 'the query, transition'],
    ['a state that is none', 'state=closed', 'the query, state'],
    ['a limit in words', 'limit=many', 'the query, limit'],
    ['too many', 'limit=1001', 'the query, limit'],
    ['a parameter that is unknown', 'sevrity=high', 'sevrity'],
    ['a state twice', 'state=open&state=fixed', 'the query, state'],
    ['an empty target', 'target=', 'the query, target'],
  ])('refuses %s by name', async (_, query, part) => {
    const answer = await get(`/api/v1/findings?${query}`);
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'request.invalid',
      detail: expect.stringContaining(part),
    });
  });

  it('says that the store is away without telling where it is', async () => {
    test.store.isDown = true;
    const answer = await get('/api/v1/findings');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('showing a finding', () => {
  it.each([
    ['its id', `0${'a'.repeat(31)}`, 200, { items: [{ rule: 'G100' }] }],
    ['the start of it', '1aaaaaaa', 200, { items: [{ rule: 'G101' }] }],
    ['one that is not there', 'deadbeef', 404, { code: 'finding.missing' }],
    ['too short a start', '1aaaaaa', 400, { code: 'request.invalid' }],
    ['no id at all', 'nonsense', 400, { code: 'request.invalid' }],
  ])('by %s', async (_, id, status, body) => {
    const answer = await get(`/api/v1/findings/${id}`);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(body);
  });
});

import { deadLetter } from '@assay/bus';
import { artifactRequested, InvalidInput } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, noon, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
const event = Buffer.from(artifactRequested.message.encode({ kind: 'image', reference: 'alpine:3' }));

const die = (subject: string, payload: Buffer, sequence: number) =>
  deadLetter(
    test.gateway.bus,
    'producer',
    {
      subject,
      headers: { 'ce-id': 'e1', 'content-type': 'application/protobuf', 'nats-msg-id': 'e1' },
      payload,
      stream: 'assay-artifact',
      sequence,
      storedAt: noon,
    },
    new InvalidInput('the report ends too early', { code: 'report.truncated' }),
    noon,
  );

beforeEach(async () => {
  test = await testGateway();
  await die('assay.artifact.requested.image', event, 7);
  await die('assay.report.submitted.gosec', Buffer.from('{"text":"AKIAIOSFODNN7EXAMPLE"}'), 8);
  await die('assay.artifact.requested.image', Buffer.from('ffff', 'hex'), 9);
});
afterEach(() => test.stop());

const send = (method: 'GET' | 'POST' | 'DELETE', url: string) =>
  test.app.inject({ method, url: `/api/v1/dead${url}`, headers: asAdmin });
const first = {
  sequence: 1,
  service: 'producer',
  code: 'report.truncated',
  reason: 'the report ends too early',
  subject: 'assay.artifact.requested.image',
  attempts: 1,
  diedAt: noon.toISOString(),
  origin: { stream: 'assay-artifact', sequence: 7 },
  size: event.length,
};

describe('dead letters', () => {
  it('are listed oldest first, a page at a time', async () => {
    const page = (await send('GET', '?limit=2')).json();
    expect(page).toEqual({ items: [first, expect.objectContaining({ sequence: 2 })], next: '2' });
    expect((await send('GET', `?limit=2&after=${page.next}`)).json()).toEqual({
      items: [expect.objectContaining({ sequence: 3 })],
    });
  });

  it.each([
    [
      'with its headers and the event as JSON',
      1,
      { headers: { 'ce-id': 'e1' }, data: { kind: 'image', reference: 'alpine:3' } },
    ],
    ['with its bytes where it cannot be read', 3, { payload: Buffer.from('ffff', 'hex').toString('base64') }],
    ['without the content of a report', 2, { withheld: expect.stringContaining('secrets') }],
  ])('are shown %s', async (_, sequence, part) => {
    const answer = await send('GET', `/${sequence}`);
    expect(answer.json()).toMatchObject(part);
    expect(answer.body).not.toContain('AKIA');
    expect(Buffer.from(answer.json().payload ?? '', 'base64').toString()).not.toContain('AKIA');
  });

  it('are sent again as they came, once, and are gone then', async () => {
    const answer = await send('POST', '/1/redrive');
    expect(answer.statusCode).toBe(202);
    expect(test.bus.stored.at(-1)).toMatchObject({
      subject: 'assay.artifact.requested.image',
      headers: { 'ce-id': 'e1', 'content-type': 'application/protobuf', 'assay-redriven': '1' },
      payload: event,
    });
    expect((await send('GET', '/1')).statusCode).toBe(404);
    expect((await send('POST', '/1/redrive')).json()).toMatchObject({ status: 404, code: 'dead.missing' });
  });

  it('are dropped', async () => {
    expect((await send('DELETE', '/1')).statusCode).toBe(204);
    expect((await send('GET', '')).json().items).toHaveLength(2);
    expect((await send('DELETE', '/1')).json()).toMatchObject({ status: 404, code: 'dead.missing' });
  });

  it.each(['/0', '/x', '/1.5', '/99999999999999999999'])('have a sequence, which %s is not', async (url) => {
    expect((await send('GET', url)).json()).toMatchObject({ status: 400, code: 'request.invalid' });
  });
});

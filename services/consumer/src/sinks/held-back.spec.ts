import { InvalidInput, Transient } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { heldBack } from './held-back.ts';

const refused = new InvalidInput('the receiver answered so', { code: 'sink.slack.refused' });

describe('heldBack', () => {
  it.each([301, 302, 404, 405, 410])('tries again after %i, whose reason is the address', (status) => {
    const error = heldBack({ status, headers: {}, text: '' }, refused, 'credentials.webhook');
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({
      code: 'sink.slack',
      message: 'the receiver answered so; look what is at credentials.webhook',
    });
  });

  it.each([400, 413, 422])('leaves %i as it is', (status) => {
    expect(heldBack({ status, headers: {}, text: '' }, refused)).toBe(refused);
  });

  it('leaves what is tried again anyway as it is', () => {
    const busy = new Transient('busy', { code: 'sink.slack', retryAfterMs: 7 });
    expect(heldBack({ status: 404, headers: {}, text: '' }, busy)).toBe(busy);
  });
});

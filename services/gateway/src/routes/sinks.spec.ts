import { DeliveryOutcome, deliveryFinished, deliveryRequested, deliveryTested, emit } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway();
});
afterEach(() => test.stop());

const send = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  test.app.inject({ method, url: `/api/v1/sinks${url}`, headers: asAdmin, ...(payload ? { payload } : {}) });
const hook = {
  name: 'hook',
  type: 'webhook',
  subject: 'assay.finding.changed.opened.>',
  config: { url: 'https://chat.example/hook' },
  credentials: { secret: { env: 'HOOK_SECRET' } },
};
const kept = async (name: string) => {
  const entry = await test.gateway.sinks.get(name);
  return entry && JSON.parse(Buffer.from(entry.value).toString());
};

describe('a sink', () => {
  it('is kept where the consumer watches, and read back', async () => {
    const answer = await send('POST', '', hook);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({ ...hook, generation: 1 });
    expect(await kept('hook')).toEqual({ ...hook, generation: 1 });
    expect((await send('GET', '/hook')).json()).toEqual({ ...hook, generation: 1 });
    expect((await send('GET', '')).json()).toEqual({ items: [{ ...hook, generation: 1 }] });
  });

  it('keeps what every sink can have', async () => {
    const settings = { rateLimit: { perMinute: 30, burst: 3 }, dryRun: true, template: { link: 'https://a.example/' } };
    await send('POST', '', { ...hook, ...settings });
    expect((await send('GET', '/hook')).json()).toEqual({ ...hook, ...settings, generation: 1 });
  });

  it('is changed by posting it again, and goes on in its generation', async () => {
    await send('POST', '', hook);
    await send('POST', '/hook/replay', { from: 'all' });
    const answer = await send('POST', '', { ...hook, filter: 'severity == "critical"', generation: 9 });
    expect(answer.statusCode).toBe(200);
    expect(await kept('hook')).toEqual({ ...hook, filter: 'severity == "critical"', generation: 2, replayFrom: 'all' });
  });

  it('that did not change is not written again', async () => {
    await send('POST', '', hook);
    const before = await test.gateway.sinks.get('hook');
    await send('POST', '', hook);
    expect((await test.gateway.sinks.get('hook'))?.revision).toBe(before?.revision);
  });

  it.each(['all', '2026-01-31T12:00:00Z', 17])('is replayed from %s as its next generation', async (from) => {
    await send('POST', '', hook);
    const answer = await send('POST', '/hook/replay', { from });
    expect(answer.statusCode).toBe(202);
    expect(await kept('hook')).toEqual({ ...hook, generation: 2, replayFrom: from });
    await send('POST', '/hook/replay', { from });
    expect((await kept('hook')).generation).toBe(3);
  });

  it('counts every one of several replays at the same time', async () => {
    await send('POST', '', hook);
    await Promise.all([1, 2, 3].map((from) => send('POST', '/hook/replay', { from })));
    expect((await kept('hook')).generation).toBe(4);
  });

  it('is gone when it is deleted', async () => {
    await send('POST', '', hook);
    expect((await send('DELETE', '/hook')).statusCode).toBe(204);
    expect(await kept('hook')).toBeUndefined();
    expect((await send('GET', '/hook')).statusCode).toBe(404);
  });

  it.each([
    ['GET', '/nobody', undefined, 404, 'sink.missing'],
    ['DELETE', '/nobody', undefined, 404, 'sink.missing'],
    ['POST', '/nobody/replay', { from: 'all' }, 404, 'sink.missing'],
    ['POST', '/hook/replay', { from: 'yesterday' }, 400, 'sink.start'],
    ['POST', '/hook/replay', {}, 400, 'request.invalid'],
    ['GET', '/No_Name', undefined, 400, 'request.invalid'],
    ['POST', '', { ...hook, name: 'A' }, 400, 'sink.name'],
    ['POST', '', { ...hook, subject: 'assay.orders.>' }, 400, 'subject.filter'],
    ['POST', '', { ...hook, credentials: { secret: 'hunter2' } }, 400, 'sink.credential'],
    ['POST', '', { ...hook, config: { text: 'x'.repeat(70_000) } }, 413, 'sink.too-large'],
  ] as const)('%s %s with %j is answered by %i', async (method, url, payload, status, code) => {
    const answer = await send(method, url, payload);
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.body).not.toContain('hunter2');
    expect(await kept('hook')).toBeUndefined();
  });

  describe('that the consumer looks at while the client waits', () => {
    const refusal = (sink: string, events = 0) =>
      emit(deliveryFinished, {
        sink,
        outcome: DeliveryOutcome.REFUSED,
        events,
        stream: 'assay-finding',
        reason: 'there is no sink type "pigeon"',
        finishedAt: test.world.now.toISOString(),
      });
    const publish = (sink: string, id: string, events?: number) => test.gateway.publish(refusal(sink, events), { id });
    beforeEach(async () => {
      await test.stop();
      test = await testGateway({ sinkWaitMs: 60_000 });
    });
    const declared = async (prefer: Record<string, string> = {}) => {
      const answer = test.app.inject({
        method: 'POST',
        url: '/api/v1/sinks',
        headers: { ...asAdmin, ...prefer },
        payload: hook,
      });
      answer.then(undefined, () => {});
      while (!(await kept('hook'))) await new Promise((resolve) => setImmediate(resolve));
      return { answer };
    };

    it('is a 422 with its reason when it is refused, and stays stored', async () => {
      const { answer } = await declared();
      await publish('hook', 'an-event', 1);
      await publish('other', 'other');
      await publish('hook', 'refused');
      expect((await answer).statusCode).toBe(422);
      expect((await answer).headers['content-type']).toContain('application/problem+json');
      expect((await answer).json()).toMatchObject({
        code: 'sink.refused',
        detail: expect.stringMatching(/^there is no sink type "pigeon" \(sink hook is stored but not served: /),
      });
      expect(await kept('hook')).toMatchObject(hook);
    });

    it('is a success at once when nobody wants to wait', async () => {
      await publish('hook', 'refused');
      const { answer } = await declared({ prefer: 'respond-async' });
      expect((await answer).statusCode).toBe(201);
    });

    it.each([
      ['nothing is said of it', async () => {}],
      ['a refusal is of an event', () => publish('hook', 'an-event', 1)],
      ['another sink is refused', () => publish('other', 'refused')],
    ])('is a success when %s until the wait is over', async (_, say) => {
      await test.stop();
      test = await testGateway({ sinkWaitMs: 20 });
      await say();
      const { answer } = await declared();
      expect((await answer).statusCode).toBe(201);
    });

    it('is not taken for what was refused before it', async () => {
      await test.stop();
      test = await testGateway({ sinkWaitMs: 20 });
      await publish('hook', 'refused');
      test.world.now = new Date(test.world.now.getTime() + 1000);
      const { answer } = await declared();
      expect((await answer).statusCode).toBe(201);
    });

    it('is a success when the bus cannot tell', async () => {
      test.bus.isDown = true;
      const { answer } = await declared();
      expect((await answer).statusCode).toBe(201);
    });
  });

  describe('that is tried with a sample', () => {
    beforeEach(async () => {
      await test.stop();
      test = await testGateway({ sinkTestMs: 60_000 });
    });
    const answer = (given: {
      sink?: string;
      testId: string;
      outcome: DeliveryOutcome;
      reason?: string;
      preview?: string;
    }) =>
      test.gateway.publish(emit(deliveryTested, { sink: 'hook', tookMs: 7, ...given }), { id: crypto.randomUUID() });
    const asked = async () => {
      for (;;) {
        const [message] = await test.bus.messages('assay-delivery', 'assay.delivery.requested.>');
        if (message) return deliveryRequested.message.decode(message.payload);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    it.each([
      [DeliveryOutcome.DELIVERED, {}, 'delivered', {}],
      [DeliveryOutcome.REFUSED, { reason: 'no' }, 'refused', { reason: 'no' }],
      [DeliveryOutcome.FAILED, { reason: 'later' }, 'failed', { reason: 'later' }],
      [DeliveryOutcome.DRY, { preview: '{}' }, 'dry', { preview: '{}' }],
    ])('is told of as the consumer tells of it (%i)', async (outcome, said, word, more) => {
      const answered = send('POST', '/hook/test', { dryRun: true });
      answered.then(undefined, () => {});
      const { testId, ...request } = await asked();
      expect(request).toEqual({ sink: 'hook', dryRun: true, fixed: false });
      // Somebody else tries it too.
      await answer({ testId: 'another', outcome: DeliveryOutcome.UNSPECIFIED });
      await answer({ testId, outcome, ...said });
      expect((await answered).statusCode).toBe(200);
      expect((await answered).json()).toEqual({ sink: 'hook', outcome: word, tookMs: 7, ...more });
    });

    it('needs no body', async () => {
      const answered = send('POST', '/hook/test');
      answered.then(undefined, () => {});
      const { testId, dryRun, fixed } = await asked();
      expect({ dryRun, fixed }).toEqual({ dryRun: false, fixed: false });
      await answer({ testId, outcome: DeliveryOutcome.DELIVERED });
      expect((await answered).statusCode).toBe(200);
    });

    it('is a 503 when nobody answers', async () => {
      await test.stop();
      test = await testGateway({ sinkTestMs: 10 });
      const answered = await send('POST', '/hook/test', {});
      expect(answered.statusCode).toBe(503);
      expect(answered.json()).toMatchObject({ code: 'sink.untested', detail: expect.stringContaining('consumer') });
    });

    it.each([
      ['/hook/test', { fixed: 'yes' }],
      ['/hook/test', { severity: 'high' }],
      ['/No_Name/test', {}],
    ])('is not tried by %s with %j', async (url, payload) => {
      expect((await send('POST', url, payload)).statusCode).toBe(400);
      expect(await test.bus.messages('assay-delivery', 'assay.delivery.requested.>')).toEqual([]);
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { InvalidInput } from '../errors.ts';
import { parseSinkSpec } from '../sink.ts';
import { sinkOfResource, sinkResourceSpec } from './sink.ts';

const least = { type: 'webhook', subject: 'assay.finding.changed.opened.critical.>' };
const full = {
  ...least,
  filter: 'finding.severity == "critical"',
  start: '2026-01-31T12:00:00Z',
  batch: { size: 50, waitMs: 1000 },
  rateLimit: { perMinute: 30, burst: 5 },
  dryRun: true,
  template: { text: '{{title}}' },
  config: { url: 'https://chat.example/hook', headers: { any: ['thing', 1] } },
  credentials: { secret: { env: 'HOOK_SECRET' }, token: { file: '/run/secrets/token' } },
  generation: 3,
  replayFrom: 17,
};

describe('a Sink', () => {
  it('has the members that a sink has, but for its name', () => {
    let said = '';
    try {
      parseSinkSpec({ ...least, name: 'x', unknown: 1 });
    } catch (error) {
      said = error instanceof InvalidInput ? error.message : '';
    }
    const known = said.split('it knows ')[1]?.split(', ') ?? [];
    expect(Object.keys(sinkResourceSpec.shape).sort()).toEqual(known.filter((name) => name !== 'name').sort());
  });

  it.each([
    ['all it must', least],
    ['all it can', full],
    ['a sequence to start at', { ...least, start: 7 }],
  ])('with %s is a sink of its name', (_, spec) => {
    expect(sinkResourceSpec.safeParse(spec).error).toBeUndefined();
    expect(sinkOfResource('alerts', spec, '/secrets')).toEqual(parseSinkSpec({ ...spec, name: 'alerts' }));
  });

  it('refers to a key of a Secret by the file it is mounted as', () => {
    const credentials = { secret: { secretKeyRef: { name: 'hooks', key: 'chat.token' } } };
    expect(sinkOfResource('alerts', { ...least, credentials }, '/secrets').credentials).toEqual({
      secret: { file: '/secrets/hooks/chat.token' },
    });
  });

  it.each([
    ['no spec', undefined],
    [
      'a name that leads out of the folder',
      { ...least, credentials: { a: { secretKeyRef: { name: '../x', key: 'k' } } } },
    ],
    ['two references', { ...least, credentials: { a: { secretKeyRef: { name: 'x', key: 'k' }, env: 'A' } } }],
    ['a literal secret', { ...least, credentials: { a: 'hunter2' } }],
    ['a subject of somebody else', { ...least, subject: 'orders.>' }],
  ])('is refused with %s', (_, spec) => {
    expect(() => sinkOfResource('alerts', spec, '/secrets')).toThrow(InvalidInput);
  });
});

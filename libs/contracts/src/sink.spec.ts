import { describe, expect, it } from '@jest/globals';
import { InvalidInput } from './errors.ts';
import { parseSinkSpec, parseSinkStart } from './sink.ts';

const least = { name: 'team-chat', type: 'webhook', subject: 'assay.finding.changed.opened.critical.>' };

describe('a sink spec', () => {
  it('gets an empty config and the first generation when it says no more than it must', () => {
    expect(parseSinkSpec(least)).toEqual({ ...least, config: {}, generation: 1 });
  });

  it('keeps every member', () => {
    const full = {
      ...least,
      filter: 'finding.severity == "critical"',
      start: '2026-01-31T12:00:00Z',
      batch: { size: 50, waitMs: 1000 },
      rateLimit: { perMinute: 30, burst: 5 },
      dryRun: true,
      template: { text: '{{title}}' },
      config: { url: 'https://chat.example/hook' },
      credentials: { secret: { env: 'HOOK_SECRET' }, token: { file: '/run/secrets/token' } },
      generation: 3,
      replayFrom: 17,
    };
    expect(parseSinkSpec(full)).toEqual(full);
  });

  it.each([
    'assay.finding.changed.>',
    'assay.finding.>',
    'assay.finding.*.opened.>',
    'assay.finding.changed.opened.*.gosec',
    'assay.run.assessed.scan',
    'assay.dead.>',
    'assay.dead.producer.report.submitted',
  ])('takes the subject %s', (subject) => {
    expect(parseSinkSpec({ ...least, subject }).subject).toBe(subject);
  });

  it.each([
    ['an unknown member', { ...least, colour: 'red' }, 'sink has no member "colour"'],
    ['no name', { ...least, name: undefined }, 'sink.name'],
    ['a name with capitals', { ...least, name: 'Team' }, 'sink.name'],
    ['a name that is too long', { ...least, name: 'a'.repeat(64) }, 'sink.name'],
    ['no type', { ...least, type: '' }, 'sink.type'],
    ['a subject of somebody else', { ...least, subject: 'orders.>' }, 'sink.subject'],
    ['a noun nobody publishes', { ...least, subject: 'assay.order.>' }, '"order"'],
    ['a wildcard noun', { ...least, subject: 'assay.*.changed.>' }, 'sink.subject'],
    ['everything', { ...least, subject: 'assay.>' }, 'sink.subject'],
    ['">" in the middle', { ...least, subject: 'assay.finding.>.critical' }, 'sink.subject'],
    ['an empty token', { ...least, subject: 'assay.finding..critical' }, 'sink.subject'],
    ['white space', { ...least, subject: 'assay.finding.changed >' }, 'sink.subject'],
    ['a verb that is none', { ...least, subject: 'assay.finding.vanished.>' }, 'can match no event'],
    ['too few tokens', { ...least, subject: 'assay.finding.changed' }, 'can match no event'],
    ['too many tokens', { ...least, subject: 'assay.finding.changed.*.*.*.>' }, 'can match no event'],
    ['an empty filter', { ...least, filter: ' ' }, 'sink.filter'],
    ['a start in words', { ...least, start: 'yesterday' }, 'sink.start'],
    ['a date without a time', { ...least, start: '2026-01-31' }, 'sink.start'],
    ['a month that is none', { ...least, start: '2026-13-01T00:00:00Z' }, 'sink.start'],
    ['a batch of none', { ...least, batch: { size: 0 } }, 'sink.batch.size'],
    ['a rate of nothing', { ...least, rateLimit: {} }, 'one of perSecond and perMinute'],
    ['two rates', { ...least, rateLimit: { perSecond: 1, perMinute: 60 } }, 'one of perSecond and perMinute'],
    ['a rate of none', { ...least, rateLimit: { perSecond: 0 } }, 'sink.rateLimit.perSecond'],
    ['a rate of any', { ...least, rateLimit: { perMinute: Number.NaN } }, 'sink.rateLimit.perMinute'],
    ['a burst of a part', { ...least, rateLimit: { perMinute: 1, burst: 1.5 } }, 'sink.rateLimit.burst'],
    ['a rate of other words', { ...least, rateLimit: { perHour: 1 } }, 'no member "perHour"'],
    ['a dry run in words', { ...least, dryRun: 'yes' }, 'sink.dryRun'],
    ['a template that is a text', { ...least, template: '{{title}}' }, 'sink.template'],
    ['a template of numbers', { ...least, template: { text: 1 } }, 'sink.template.text'],
    ['a config that is a list', { ...least, config: [] }, 'sink.config'],
    ['a generation of zero', { ...least, generation: 0 }, 'sink.generation'],
    ['a relative file', { ...least, credentials: { secret: { file: 'token' } } }, 'sink.credentials.secret'],
    ['two references', { ...least, credentials: { secret: { env: 'A', file: '/a' } } }, 'sink.credentials.secret'],
    ['no reference', { ...least, credentials: { secret: {} } }, 'sink.credentials.secret'],
    ['a list', [least], 'sink must be an object'],
    ['64 KiB and more', { ...least, config: { text: 'x'.repeat(64 * 1024) } }, 'at most'],
  ])('is refused with %s', (_, json, part) => {
    expect(() => parseSinkSpec(json)).toThrow(InvalidInput);
    expect(() => parseSinkSpec(json)).toThrow(part);
  });

  it('is refused with a literal secret, and the error does not repeat it', () => {
    const literal = 'hunter2-hunter2';
    const parse = () => parseSinkSpec({ ...least, credentials: { secret: literal } });
    expect(parse).toThrow(/refer to its value/);
    expect(parse).not.toThrow(literal);
  });
});

describe('a start position', () => {
  it.each(['all', 'new', 1, '2026-01-31T12:00:00.5+01:00'])('may be %s', (value) => {
    expect(parseSinkStart(value, 'from')).toBe(value);
  });
  it.each([0, -1, 1.5, '', 'now', null, {}])('may not be %j', (value) => {
    expect(() => parseSinkStart(value, 'from')).toThrow('from must be');
  });
});

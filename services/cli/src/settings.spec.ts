import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { mistakesIn, settingsOf } from './settings.ts';

const service = {
  name: 'producer',
  summary: 'For this spec.',
  config: z.object({
    batchSize: z.coerce.number().int().min(1).default(256).describe('Findings of one batch'),
    hookSecret: z.string().optional().describe('Signs'),
  }),
  subscribes: [],
  publishes: [],
};

function setting(variable: string, env: Record<string, string> = {}) {
  return settingsOf([service], env).find((each) => each.variable === variable);
}

describe('settingsOf', () => {
  it('says of each variable what it means, its default and its value now', () => {
    expect(setting('ASSAY_PRODUCER_BATCH_SIZE', { ASSAY_PRODUCER_BATCH_SIZE: '7' })).toEqual({
      variable: 'ASSAY_PRODUCER_BATCH_SIZE',
      service: 'producer',
      meaning: 'Findings of one batch',
      default: '256',
      value: '7',
      isSet: true,
    });
    expect(setting('ASSAY_PRODUCER_BATCH_SIZE', { ASSAY_PRODUCER_BATCH_SIZE: '' })).toMatchObject({
      value: '256',
      isSet: false,
    });
  });

  it.each([
    ['ASSAY_PRODUCER_HOOK_SECRET', 'hunter2', '(set, not shown)'],
    ['ASSAY_RUN_TOKEN_KEY', 'hunter2hunter2hunter2', '(set, not shown)'],
    ['ASSAY_IDENTITY_KEY', 'hunter2', '(set, not shown)'],
    ['ASSAY_STORE_URL', 'mongodb://me:hunter2@db.example/assay', 'mongodb://me:***@db.example/assay'],
    ['ASSAY_NATS_URL', 'nats://hunter2@a:4222,nats://me:hunter2@b:4222', 'nats://***@a:4222,nats://me:***@b:4222'],
  ])('shows no secret in %s', (variable, value, shown) => {
    expect(setting(variable, { [variable]: value })?.value).toBe(shown);
  });

  it('narrows to a service and what all share', () => {
    const variables = settingsOf([service, { ...service, name: 'ledger' }], {}, 'ledger').map(
      ({ service: name }) => name,
    );
    expect(new Set(variables)).toEqual(new Set(['shared', 'ledger']));
    expect(() => settingsOf([service], {}, 'ledgr')).toThrow('known are shared, producer');
  });
});

describe('mistakesIn', () => {
  it.each<[string, Record<string, string>, unknown[]]>([
    ['nothing', { ASSAY_PRODUCER_BATCH_SIZE: '7', ASSAY_URL: 'http://x', HOME: '/' }, []],
    [
      'a name of a service that nobody knows',
      { ASSAY_PRODUCER_BATCHSIZE: '7' },
      ['ASSAY_PRODUCER_BATCHSIZE is not known: did you mean ASSAY_PRODUCER_BATCH_SIZE?'],
    ],
    [
      'a name that nobody knows',
      { ASSAY_STOREURL: 'x' },
      ['ASSAY_STOREURL is not known: did you mean ASSAY_STORE_URL?'],
    ],
    [
      'each of several',
      { ASSAY_HOEM: 'x', ASSAY_LOGLEVEL: 'y' },
      [expect.stringContaining('ASSAY_HOME'), expect.stringContaining('ASSAY_LOG_LEVEL')],
    ],
    ['a bad value', { ASSAY_PRODUCER_BATCH_SIZE: 'many' }, [expect.stringContaining('ASSAY_PRODUCER_BATCH_SIZE: ')]],
  ])('finds %s', (_, env, mistakes) => {
    expect(mistakesIn([service], env)).toEqual(mistakes);
  });
});

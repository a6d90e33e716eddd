import { describe, expect, it } from '@jest/globals';
import { errorOf, type Status } from './errors.ts';

const fieldConflict = { details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl"' }] } };

describe('what the API server refuses', () => {
  it.each<[status: number, message: string, body: Status, name: string, code: string]>([
    [400, 'admission webhook "x" denied the request: bad', {}, 'InvalidInput', 'kube.invalid'],
    [401, 'Unauthorized', {}, 'InvalidInput', 'kube.unauthorized'],
    [403, 'pods is forbidden: User "x" cannot create resource', {}, 'InvalidInput', 'kube.forbidden'],
    [403, 'pods "x" is forbidden: exceeded quota: runs, requested: pods=1', {}, 'Transient', 'kube.quota'],
    [404, 'namespaces "x" not found', {}, 'InvalidInput', 'kube.missing'],
    [408, 'Timeout', {}, 'Transient', 'kube.unavailable'],
    [
      409,
      'Apply failed with 1 conflict: conflict with "kubectl": .spec.x',
      fieldConflict,
      'InvalidInput',
      'kube.conflict',
    ],
    [409, 'Operation cannot be fulfilled on resourcequotas "x": …; please try again', {}, 'Transient', 'kube.modified'],
    [410, 'The provided continue parameter is too old', {}, 'Transient', 'kube.expired'],
    [413, 'Request entity too large', {}, 'InvalidInput', 'kube.too-large'],
    [422, 'Pod "x" is invalid: spec.containers: Required value', {}, 'InvalidInput', 'kube.invalid'],
    [429, 'Too many requests, please try again later.', {}, 'Transient', 'kube.unavailable'],
    [500, 'Internal error occurred: failed calling webhook "x"', {}, 'Transient', 'kube.unavailable'],
    [500, 'failed to create typed patch object (/x): .dta: field not declared', {}, 'InvalidInput', 'kube.invalid'],
    [503, 'apiserver not ready', {}, 'Transient', 'kube.unavailable'],
  ])('%i (%s) is ours', (status, message, body, name, code) => {
    const error = errorOf('try it', { status, body: { message, ...body }, text: '', retryAfter: undefined });
    expect([error.name, error.code]).toEqual([name, code]);
    expect(error.message).toContain(`could not try it: ${message}`);
  });

  it.each<[retryAfter: string | undefined, inBody: number | undefined, ms: number | undefined]>([
    ['7', undefined, 7000],
    ['7', 2, 7000],
    [undefined, 2, 2000],
    [undefined, undefined, undefined],
    ['soon', undefined, undefined],
    ['99999999', undefined, 3_600_000],
    [new Date(Date.now() - 5000).toUTCString(), undefined, undefined],
  ])('is tried again after Retry-After %s and retryAfterSeconds %s: %s ms', (retryAfter, seconds, ms) => {
    const body = seconds === undefined ? {} : { details: { retryAfterSeconds: seconds } };
    expect(errorOf('x', { status: 429, body, text: '', retryAfter })).toHaveProperty('retryAfterMs', ms);
  });

  it('has the words of what stands before the server, cut', () => {
    const error = errorOf('x', {
      status: 502,
      body: undefined,
      text: 'bad gateway '.repeat(100),
      retryAfter: undefined,
    });
    expect(error.message).toHaveLength('could not x: '.length + 500);
  });
});

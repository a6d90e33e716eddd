import { type Expected, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Kube, KubeObject } from './kube.ts';
import { connectTo, discovery, statusBody } from './testing/connect-to.ts';

let server: ScriptedServer;
let kube: Kube;
beforeEach(async () => {
  server = await startScriptedServer();
  kube = await connectTo(server.url);
});
// Throws for a request too many or too few.
afterEach(() => server.close());

const run: KubeObject = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name: 'r1' }, spec: { a: 1 } };
const ref = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'r1' };
const runs = '/apis/tekton.dev/v1/namespaces/shop/pipelineruns';
const notFound = statusBody(404, 'NotFound', 'pipelineruns "r1" not found', { details: { name: 'r1' } });

function answers(...expected: Expected[]): void {
  server.expect(discovery.tekton, ...expected);
}

describe('apply', () => {
  it('sends what is to be there, as one owner, and gives what is', async () => {
    const there = { ...run, metadata: { name: 'r1', uid: 'u1' } };
    answers({
      method: 'PATCH',
      path: `${runs}/r1?fieldManager=assay&force=false&fieldValidation=Strict`,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      check: ({ json }) => expect(json()).toEqual(run),
      answer: there,
    });
    expect(await kube.apply(run)).toEqual(there);
  });

  it('takes over, tries only and writes a subresource when told to', async () => {
    answers({
      method: 'PATCH',
      path: `${runs}/r1/status?fieldManager=us&force=true&fieldValidation=Strict&dryRun=All`,
      answer: run,
    });
    await kube.apply(run, { fieldManager: 'us', force: true, dryRun: true, subresource: 'status' });
  });

  it('says whose the fields are', async () => {
    const message = 'Apply failed with 1 conflict: conflict with "kubectl": .spec.a';
    const causes = [{ reason: 'FieldManagerConflict' }];
    answers({
      method: 'PATCH',
      path: `${runs}/r1?fieldManager=assay&force=false&fieldValidation=Strict`,
      status: 409,
      answer: statusBody(409, 'Conflict', message, { details: { causes } }),
    });
    await expect(kube.apply(run)).rejects.toMatchObject({
      code: 'kube.conflict',
      message: `could not apply PipelineRun r1: ${message}; let its owner change it, or take the fields over by force`,
    });
  });

  it('wants a name', async () => {
    await expect(kube.apply({ ...run, metadata: {} })).rejects.toMatchObject({ code: 'kube.name' });
  });
});

describe('create', () => {
  const post = { method: 'POST', path: `${runs}?fieldManager=assay&fieldValidation=Strict` };
  const already = { status: 409, answer: statusBody(409, 'AlreadyExists', 'pipelineruns "r1" already exists') };

  it('makes it', async () => {
    answers({ ...post, status: 201, answer: run });
    expect(await kube.create(run)).toEqual({ isNew: true, object: run });
  });

  it('gives the one of that name that is there', async () => {
    const other = { ...run, spec: { a: 2 } };
    answers({ ...post, ...already }, { method: 'GET', path: `${runs}/r1`, answer: other });
    expect(await kube.create(run)).toEqual({ isNew: false, object: other });
  });

  it('is to be tried again when that one has just gone', async () => {
    answers({ ...post, ...already }, { method: 'GET', path: `${runs}/r1`, status: 404, answer: notFound });
    await expect(kube.create(run)).rejects.toMatchObject({ name: 'Transient', code: 'kube.modified' });
  });
});

describe('get, patch and delete', () => {
  it('know an object that is not there', async () => {
    const missing = { status: 404, answer: notFound };
    answers(
      { method: 'GET', path: `${runs}/r1`, ...missing },
      { method: 'PATCH', path: `${runs}/r1?fieldManager=assay`, ...missing },
      { method: 'DELETE', path: `${runs}/r1`, ...missing },
    );
    expect(await kube.get(ref)).toBeUndefined();
    expect(await kube.patch(ref, { spec: null })).toBeUndefined();
    expect(await kube.delete(ref)).toBe(false);
  });

  it('patch merges', async () => {
    answers({
      method: 'PATCH',
      path: `${runs}/r1/status?fieldManager=assay`,
      headers: { 'content-type': 'application/merge-patch+json' },
      check: ({ json }) => expect(json()).toEqual({ status: { phase: 'Done' } }),
      answer: run,
    });
    expect(await kube.patch(ref, { status: { phase: 'Done' } }, { subresource: 'status' })).toEqual(run);
  });

  it('delete takes only the one of that uid', async () => {
    const expected: Expected = {
      method: 'DELETE',
      path: `${runs}/r1`,
      check: ({ json }) =>
        expect(json()).toMatchObject({ propagationPolicy: 'Background', preconditions: { uid: 'u1' } }),
    };
    const other = statusBody(409, 'Conflict', 'the UID in the precondition (u1) does not match');
    answers({ ...expected, answer: { kind: 'Status' } }, { ...expected, status: 409, answer: other });
    expect(await kube.delete(ref, { uid: 'u1' })).toBe(true);
    expect(await kube.delete(ref, { uid: 'u1' })).toBe(false);
  });

  it('refuse what is no name before it is asked for', async () => {
    answers();
    for (const name of ['', '..', 'a/b', 'a%2fb'])
      await expect(kube.get({ ...ref, name })).rejects.toMatchObject({ code: 'kube.name' });
  });
});

describe('list', () => {
  it('reads page after page, and says what each object is', async () => {
    const selection = 'limit=250&labelSelector=a%3Db&fieldSelector=metadata.name%3Dx';
    answers(
      {
        method: 'GET',
        path: `${runs}?${selection}`,
        answer: { metadata: { resourceVersion: '7', continue: 'more' }, items: [{ metadata: { name: 'r1' } }] },
      },
      {
        method: 'GET',
        path: `${runs}?${selection}&continue=more`,
        answer: { metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'r2' } }] },
      },
    );
    expect(await kube.list(ref, { namespace: 'shop', labels: 'a=b', fields: 'metadata.name=x' })).toEqual([
      { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name: 'r1' } },
      { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name: 'r2' } },
    ]);
  });

  it('is of every namespace without one', async () => {
    answers({ method: 'GET', path: '/apis/tekton.dev/v1/pipelineruns?limit=250', answer: {} });
    expect(await kube.list(ref)).toEqual([]);
  });
});

describe('a kind', () => {
  it('is looked for once, and a cluster’s has no namespace', async () => {
    server.expect(discovery.core);
    for (const name of ['a', 'b'])
      server.expect({ method: 'GET', path: `/api/v1/namespaces/${name}`, answer: { metadata: { name } } });
    for (const name of ['a', 'b'])
      expect(await kube.get({ apiVersion: 'v1', kind: 'Namespace', name })).toEqual({ metadata: { name } });
  });

  it('that is not there is looked for again: it may have come', async () => {
    const nothing = { ...discovery.tekton, answer: { kind: 'APIResourceList', resources: [] } };
    server.expect(nothing, { ...nothing, status: 404, answer: '404 page not found' }, discovery.tekton);
    for (let round = 0; round < 2; round++)
      await expect(kube.get(ref)).rejects.toMatchObject({
        name: 'InvalidInput',
        code: 'kube.kind',
        message: expect.stringContaining('no kind PipelineRun of tekton.dev/v1: install what defines it'),
      });
    server.expect({ method: 'GET', path: `${runs}/r1`, answer: run });
    expect(await kube.get(ref)).toEqual(run);
  });

  it('that went is known to be gone, and found where it comes again', async () => {
    answers({ method: 'GET', path: `${runs}/r1`, status: 404, answer: '404 page not found' });
    await expect(kube.get(ref)).rejects.toMatchObject({ code: 'kube.kind' });
    answers({ method: 'GET', path: `${runs}/r1`, answer: run });
    expect(await kube.get(ref)).toEqual(run);
  });
});

describe('may', () => {
  it.each([true, false])('is what the server says: %s', async (allowed) => {
    answers({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      check: ({ json }) =>
        expect(json()).toMatchObject({
          spec: {
            resourceAttributes: {
              verb: 'patch',
              group: 'tekton.dev',
              version: 'v1',
              resource: 'pipelineruns',
              namespace: 'x',
              subresource: 'status',
            },
          },
        }),
      status: 201,
      answer: { status: { allowed } },
    });
    expect(await kube.may('patch', ref, 'x', 'status')).toBe(allowed);
  });
});

describe('an answer', () => {
  it.each<[string, Expected['respond'] | undefined, string | undefined, string]>([
    [
      'breaks off',
      (response) => void response.writeHead(200).write('{"a":', () => response.destroy()),
      undefined,
      'kube.unreachable',
    ],
    ['is dropped', (response) => void response.destroy(), undefined, 'kube.unreachable'],
    ['is no JSON', undefined, '<html>', 'kube.unavailable'],
  ])('that %s is to be tried again', async (_, respond, answer, code) => {
    answers({ method: 'GET', path: `${runs}/r1`, ...(respond ? { respond } : { answer }) });
    await expect(kube.get(ref)).rejects.toMatchObject({ name: 'Transient', code });
  });
});

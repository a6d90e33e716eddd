import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startScriptedServer } from '@assay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectKube } from './connect.ts';
import { kubeconfigOf } from './testing/connect-to.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { KUBECONFIG: kubeconfigBefore, KUBERNETES_SERVICE_HOST: hostBefore } = process.env;
afterEach(() => {
  restore('KUBECONFIG', kubeconfigBefore);
  restore('KUBERNETES_SERVICE_HOST', hostBefore);
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('a connection', () => {
  it.each([
    ['no file', undefined, /could not read .*missing.*ENOENT.*write one there, or name another with --kubeconfig/],
    ['a file that is no YAML', '{{{', /could not read/],
    [
      'no context',
      'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []',
      /has no context ""; it has none/,
    ],
    [
      'a server that is not encrypted',
      kubeconfigOf({ server: 'http://x', isPlain: false }),
      /http:\/\/x is not encrypted/,
    ],
    ['a server that is no URL', kubeconfigOf({ server: 'x y' }), /no cluster with the URL of a server/],
  ])('is refused for %s', async (_, text, message) => {
    const kubeconfig = text === undefined ? join(folder, 'missing') : await file('broken', text);
    await expect(connectKube({ kubeconfig })).rejects.toMatchObject({
      name: 'InvalidInput',
      code: 'kube.config',
      message: expect.stringMatching(message),
    });
  });

  it('names the contexts there are when another is asked for', async () => {
    const kubeconfig = await file('one', kubeconfigOf({ server: 'https://a', name: 'one' }));
    await expect(connectKube({ kubeconfig, context: 'two' })).rejects.toThrow('has no context "two"; it has one');
  });

  it('has the namespace asked for, else its context’s', async () => {
    const kubeconfig = await file('shop', kubeconfigOf({ server: 'https://a', namespace: 'shop' }));
    expect((await connectKube({ kubeconfig })).namespace).toBe('shop');
    expect((await connectKube({ kubeconfig, namespace: 'other' })).namespace).toBe('other');
    const without = await file('without', kubeconfigOf({ server: 'https://a', namespace: '' }));
    expect((await connectKube({ kubeconfig: without })).namespace).toBe('default');
  });

  it('takes the files of KUBECONFIG together, the first one’s context', async () => {
    const [first, second] = [
      await file('first', kubeconfigOf({ server: 'https://a', name: 'first', namespace: 'in-first' })),
      await file('second', kubeconfigOf({ server: 'https://b', name: 'second', namespace: 'in-second' })),
    ];
    process.env['KUBECONFIG'] = [first, second].join(delimiter);
    // Also in a pod.
    process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
    expect((await connectKube()).namespace).toBe('in-first');
    expect((await connectKube({ context: 'second' })).namespace).toBe('in-second');
  });

  it('is that of the pod’s service account, in one', async () => {
    delete process.env['KUBECONFIG'];
    process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
    await expect(connectKube({ context: 'x' })).rejects.toThrow('it has inClusterContext');
  });

  it('presents its token, below the path of its server', async () => {
    const server = await startScriptedServer();
    server.expect({
      method: 'GET',
      path: '/k8s/clusters/one/version',
      headers: { authorization: 'Bearer spec-token' },
      answer: { gitVersion: 'v1.35.0' },
    });
    const kubeconfig = await file('proxied', kubeconfigOf({ server: `${server.url}/k8s/clusters/one/` }));
    await (await connectKube({ kubeconfig })).ping();
    await server.close();
  });

  it('says what cannot be reached, for later', async () => {
    const kubeconfig = await file('nowhere', kubeconfigOf({ server: 'https://127.0.0.1:1' }));
    await expect((await connectKube({ kubeconfig })).ping()).rejects.toMatchObject({
      name: 'Transient',
      code: 'kube.unreachable',
      message: expect.stringMatching(/^could not reach Kubernetes: 127\.0\.0\.1:1 cannot be reached .*ECONNREFUSED/),
    });
  });
});

import { type Expected, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Kube, LogOptions } from './kube.ts';
import { connectTo, statusBody } from './testing/connect-to.ts';

let server: ScriptedServer;
let kube: Kube;
beforeEach(async () => {
  server = await startScriptedServer();
  kube = await connectTo(server.url);
});
afterEach(() => server.close());

const options: LogOptions = { namespace: 'shop', pod: 'p', container: 'step-scan' };
const path = '/api/v1/namespaces/shop/pods/p/log?container=step-scan';

async function read(more: Partial<LogOptions> = {}): Promise<string> {
  return Buffer.concat(await Array.fromAsync(kube.logs({ ...options, ...more }))).toString();
}

describe('a log', () => {
  it('is what the container wrote', async () => {
    server.expect({ method: 'GET', path, answer: 'one\ntwo\n' });
    expect(await read()).toBe('one\ntwo\n');
  });

  it('may be empty', async () => {
    server.expect({ method: 'GET', path, answer: '' });
    expect(await read()).toBe('');
  });

  it('is cut, and followed, when asked for', async () => {
    server.expect({
      method: 'GET',
      path: `${path}&follow=true&limitBytes=9`,
      respond: (response) => {
        response.write('one\n');
        setImmediate(() => response.end('two\n'));
      },
    });
    expect(await read({ follow: true, limitBytes: 9 })).toBe('one\ntwo\n');
  });

  it.each<[string, Partial<Expected>, string, string]>([
    [
      'has not begun',
      {
        status: 400,
        answer: statusBody(400, 'BadRequest', 'container "step-scan" in pod "p" is waiting to start: PodInitializing'),
      },
      'Transient',
      'kube.log-unready',
    ],
    ['is on no node yet', { status: 204 }, 'Transient', 'kube.log-unready'],
    [
      'is not in the pod',
      { status: 400, answer: statusBody(400, 'BadRequest', 'container step-scan is not valid for pod p') },
      'InvalidInput',
      'kube.invalid',
    ],
    [
      'is gone',
      { status: 404, answer: statusBody(404, 'NotFound', 'pods "p" not found') },
      'InvalidInput',
      'kube.log-gone',
    ],
    [
      'is on a node that is away',
      { status: 500, answer: statusBody(500, '', 'dial tcp: timeout') },
      'Transient',
      'kube.unavailable',
    ],
    [
      'breaks off',
      { respond: (response) => void response.write('one\n', () => response.destroy()) },
      'Transient',
      'kube.unreachable',
    ],
  ])('of a container that %s says so', async (_, expected, name, code) => {
    server.expect({ method: 'GET', path, ...expected });
    await expect(read()).rejects.toMatchObject({ name, code });
  });

  it('that is followed ends with its signal', async () => {
    const ending = new AbortController();
    server.expect({ method: 'GET', path: `${path}&follow=true`, respond: (response) => void response.write('one\n') });
    const chunks: string[] = [];
    for await (const chunk of kube.logs({ ...options, follow: true, signal: ending.signal })) {
      chunks.push(Buffer.from(chunk).toString());
      ending.abort();
    }
    expect(chunks).toEqual(['one\n']);
  });
});

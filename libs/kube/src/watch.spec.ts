import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Expected, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Kube, WatchEvent } from './kube.ts';
import { connectTo, discovery, statusBody } from './testing/connect-to.ts';

let server: ScriptedServer;
let kube: Kube;
let ending: AbortController;
beforeEach(async () => {
  server = await startScriptedServer();
  kube = await connectTo(server.url);
  ending = new AbortController();
});
// Throws for a request too many or too few.
afterEach(async () => {
  ending.abort();
  await server.close();
});

const kind = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' };
const runs = '/apis/tekton.dev/v1/namespaces/shop/pipelineruns';

/** An object as the wire has it. */
function run(name: string, resourceVersion: string): object {
  return { ...kind, metadata: { name, resourceVersion } };
}

function list(version: string, ...items: object[]): Expected {
  return {
    method: 'GET',
    path: `${runs}?limit=250`,
    answer: { metadata: { resourceVersion: version }, items },
  };
}

function watchFrom(version: string, respond: (response: ServerResponse) => void, seconds = 300): Expected {
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=${seconds}`;
  return { method: 'GET', path: `${runs}?${query}`, respond };
}

/** Sends frames; then the connection ends, breaks or stays. */
function frames(then: 'end' | 'break' | 'stay', ...objects: [type: string, object: object][]) {
  const text = objects.map(([type, object]) => `${JSON.stringify({ type, object })}\n`).join('');
  return (response: ServerResponse) => {
    response.writeHead(200);
    response.flushHeaders();
    if (then === 'end') response.end(text);
    else if (then === 'stay') response.write(text);
    else response.write(text, () => response.destroy());
  };
}

function refused(status: number, reason: string, headers: Record<string, string> = {}) {
  return (response: ServerResponse) =>
    void response.writeHead(status, headers).end(JSON.stringify(statusBody(status, reason, `it is ${reason}`)));
}

/** Events as words, until there are so many. */
async function told(count: number, options: { resyncMs?: number } = {}): Promise<string[]> {
  const words: string[] = [];
  for await (const event of kube.watch(kind, { namespace: 'shop', signal: ending.signal, ...options })) {
    words.push(wordOf(event));
    if (words.length === count) ending.abort();
  }
  return words;
}

function wordOf(event: WatchEvent): string {
  if (event.type === 'synced') return `synced ${event.objects.map(({ metadata }) => metadata.name)}`;
  return `${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`;
}

describe('a watch', () => {
  it('tells what is there, then what changes', async () => {
    server.expect(
      discovery.tekton,
      list('5', run('a', '3'), run('b', '4')),
      watchFrom('5', frames('stay', ['ADDED', run('c', '6')], ['MODIFIED', run('a', '7')], ['DELETED', run('b', '8')])),
    );
    expect(await told(6)).toEqual([
      'applied a@3',
      'applied b@4',
      'synced a,b',
      'applied c@6',
      'applied a@7',
      'deleted b@8',
    ]);
  });

  it('goes on where it was when a connection ends or breaks, by bookmarks too', async () => {
    server.expect(
      discovery.tekton,
      list('5'),
      watchFrom('5', frames('end', ['ADDED', run('a', '6')])),
      watchFrom('6', frames('break', ['BOOKMARK', run('', '70')])),
      watchFrom('70', (response) => void response.destroy()),
      watchFrom('70', frames('stay', ['MODIFIED', run('a', '71')])),
    );
    expect(await told(3)).toEqual(['synced ', 'applied a@6', 'applied a@71']);
  });

  it('reads frames that come in odd pieces, slowly', async () => {
    const text = Buffer.from(
      [run('façade', '6'), run('日本', '7')].map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`).join(''),
    );
    server.expect(
      discovery.tekton,
      list('5'),
      watchFrom('5', async (response) => {
        for (let at = 0; at < text.length; at += 7) {
          response.write(text.subarray(at, at + 7));
          await setImmediate();
        }
      }),
    );
    expect(await told(3)).toEqual(['synced ', 'applied façade@6', 'applied 日本@7']);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['a frame', frames('end', ['ERROR', statusBody(410, 'Expired', 'too old resource version')])],
    ['the answer', refused(410, 'Expired')],
  ])('lists anew when %s says that its version expired', async (_, respond) => {
    server.expect(discovery.tekton, list('5', run('a', '3')), watchFrom('5', respond), list('90', run('b', '80')));
    expect(await told(4)).toEqual(['applied a@3', 'synced a', 'applied b@80', 'synced b']);
  });

  it('lists anew when a list expired between its pages', async () => {
    const first = list('5', run('a', '3'));
    const page = { metadata: { resourceVersion: '5', continue: 'more' }, items: [run('a', '3')] };
    const next = { ...first, path: `${runs}?limit=250&continue=more` };
    server.expect(
      discovery.tekton,
      { ...first, answer: page },
      { ...next, respond: refused(410, 'Expired') },
      list('9', run('b', '8')),
    );
    expect(await told(3)).toEqual(['applied a@3', 'applied b@8', 'synced b']);
  });

  it('tries again what is unavailable, after what Retry-After says', async () => {
    let refusedAt = 0;
    let cameAfterMs = 0;
    server.expect(
      { ...discovery.tekton, respond: refused(503, 'down') },
      discovery.tekton,
      { ...list('5'), respond: refused(500, 'broken') },
      list('5'),
      watchFrom('5', (response) => {
        refusedAt = performance.now();
        refused(429, 'busy', { 'retry-after': '1' })(response);
      }),
      watchFrom('5', (response) => {
        cameAfterMs = performance.now() - refusedAt;
        frames('end', ['ERROR', statusBody(500, 'InternalError', 'etcd is away')])(response);
      }),
      watchFrom('5', frames('end', ['ADDED', run('a', '6')])),
    );
    expect(await told(2)).toEqual(['synced ', 'applied a@6']);
    expect(cameAfterMs).toBeGreaterThanOrEqual(990);
  });

  it.each<[string, Expected[], string]>([
    ['the kind is not there', [{ ...discovery.tekton, status: 404, answer: '404 page not found' }], 'kube.kind'],
    ['the kind goes', [discovery.tekton, { ...list('5'), status: 404, answer: '404 page not found' }], 'kube.kind'],
    ['it has no right', [discovery.tekton, { ...list('5'), respond: refused(403, 'Forbidden') }], 'kube.forbidden'],
    ['it loses the right', [discovery.tekton, list('5'), watchFrom('5', refused(403, 'Forbidden'))], 'kube.forbidden'],
  ])('rejects when %s', async (_, expected, code) => {
    server.expect(...expected);
    await expect(told(99)).rejects.toMatchObject({ name: 'InvalidInput', code });
  });

  it('makes good by a new list what got lost', async () => {
    server.expect(
      discovery.tekton,
      list('5', run('a', '3'), run('b', '4')),
      // Nothing comes of it, and its other side never ends it.
      watchFrom('5', frames('stay'), 1),
      list('9', run('a', '8')),
    );
    expect(await told(5, { resyncMs: 50 })).toEqual([
      'applied a@3',
      'applied b@4',
      'synced a,b',
      'applied a@8',
      'synced a',
    ]);
  });

  it('ends its connection with its signal', async () => {
    const gone = new Promise<void>((resolve) => {
      server.expect(
        discovery.tekton,
        list('5'),
        watchFrom('5', (response) => {
          response.once('close', resolve);
          frames('stay')(response);
          ending.abort();
        }),
      );
    });
    expect(await told(99)).toEqual(['synced ']);
    await gone;
  });

  it('ends with its signal while it waits to try again', async () => {
    server.expect({
      ...discovery.tekton,
      respond: (response) => {
        refused(503, 'down', { 'retry-after': '3000' })(response);
        response.once('close', () => setTimeout(() => ending.abort(), 20));
      },
    });
    expect(await told(99)).toEqual([]);
  });

  it('lets the server wait while its reader does', async () => {
    let written = 0;
    const frame = `${JSON.stringify({ type: 'ADDED', object: { ...run('a', '6'), spec: 'x'.repeat(256 * 1024) } })}\n`;
    server.expect(
      discovery.tekton,
      list('5'),
      watchFrom('5', async (response) => {
        while (!response.destroyed && written < 512 * 1024 * 1024) {
          written += frame.length;
          if (!response.write(frame)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
        }
      }),
    );
    const events = kube.watch(kind, { namespace: 'shop', signal: ending.signal })[Symbol.asyncIterator]();
    await events.next();
    await events.next();
    // Until nothing more goes through. A reader without a bound would have it all.
    for (let before = -1; before !== written; await sleep(300)) before = written;
    expect(written).toBeLessThan(64 * 1024 * 1024);
    ending.abort();
    await events.return?.();
  });
});

// Where each sink that speaks HTTP may be made to connect to: not into the network that it runs in.
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Secrets } from '../sink.ts';
import { sinkTypeOf } from '../sinks/by-name.ts';
import { errorOf, findingItem, firstTry, testContext } from '../testing/sink-context.ts';
import { privateAddressCode, publicLookup } from './public-address.ts';

interface Aimed {
  config: Record<string, unknown>;
  secrets?: Secrets;
}

/** How each is pointed somewhere. */
const aimed: Readonly<Record<string, (url: string) => Aimed>> = {
  webhook: (url) => ({ config: { url } }),
  elasticsearch: (url) => ({ config: { url } }),
  jira: (url) => ({ config: { url, project: 'SEC' }, secrets: { token: 'a-token' } }),
  defectdojo: (url) => ({ config: { url }, secrets: { token: 'a-token' } }),
  slack: (url) => ({ config: {}, secrets: { webhook: url } }),
  s3: (endpoint) => ({
    config: { endpoint, bucket: 'findings' },
    secrets: { accessKeyId: 'an-id', secretAccessKey: 'a-key' },
  }),
};

let server: Server;
let port: number;
let connections = 0;
beforeAll(async () => {
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Opens a sink there and delivers to it; the error that this ends in. */
async function tryAt(type: string, url: string, extra: Record<string, unknown> = {}, allowsPrivate = true) {
  const sink = sinkTypeOf(type);
  const { config, secrets = {} } = aimed[type]?.(url) ?? { config: {} };
  return errorOf(
    (async () => {
      const opened = await sink.open(
        { ...config, ...extra },
        secrets,
        testContext({ allowsPrivateAddresses: allowsPrivate }),
      );
      try {
        await opened.deliver([findingItem(1, 'G101')], firstTry);
      } finally {
        await opened.close();
      }
    })(),
  );
}

const types = Object.keys(aimed);

describe('a sink that speaks HTTP', () => {
  it('has a row above', async () => {
    const folder = join(import.meta.dirname, '../sinks');
    const speaking: string[] = [];
    for (const { name } of (await readdir(folder, { withFileTypes: true })).filter((each) => each.isDirectory())) {
      const files = (await readdir(join(folder, name))).filter((file) => /(?<!\.spec)\.ts$/.test(file));
      const texts = await Promise.all(files.map((file) => readFile(join(folder, name, file), 'utf8')));
      if (texts.some((text) => text.includes('openDoor('))) speaking.push(name);
      // No other way out than the door.
      if (name !== 'mongodb')
        expect([
          name,
          texts.some((text) => /\bfetch\(|from 'undici'|from 'node:(http|https|net|tls)'/.test(text)),
        ]).toEqual([name, false]);
    }
    expect(speaking.sort()).toEqual([...types].sort());
  });

  describe.each(types)('%s', (type) => {
    it.each([
      ['this machine', 'https://127.0.0.1:PORT/'],
      ['this machine in one number', 'https://2130706433:PORT/'],
      ['this machine in octal', 'https://0177.0.0.01:PORT/'],
      ['this machine in hex', 'https://0x7f.0x0.0x0.0x1:PORT/'],
      ['this machine, shortened', 'https://127.1:PORT/'],
      ['this machine in wide digits', 'https://１２７.0.0.1:PORT/'],
      ['this machine with a dot', 'https://127.0.0.1.:PORT/'],
      ['any address', 'https://0.0.0.0:PORT/'],
      ['nothing but zero', 'https://0:PORT/'],
      ['this machine in IPv6', 'https://[::1]:PORT/'],
      ['any address in IPv6', 'https://[::]:PORT/'],
      ['IPv4 inside IPv6', 'https://[::ffff:127.0.0.1]:PORT/'],
      ['IPv4 inside IPv6 in hex', 'https://[::ffff:7f00:1]:PORT/'],
      ['IPv4 behind NAT64', 'https://[64:ff9b::7f00:1]:PORT/'],
      ['IPv4 behind 6to4', 'https://[2002:7f00:1::]:PORT/'],
      ['the metadata of a cloud', 'https://169.254.169.254/latest/meta-data/'],
      ['the metadata of a cloud in IPv6', 'https://[fd00:ec2::254]/latest/meta-data/'],
      ['a link-local address', 'https://[fe80::1]/'],
      ['an inner network', 'https://10.0.0.1/'],
      ['another one', 'https://192.168.1.1/'],
      ['a carrier’s network', 'https://100.64.0.1/'],
      ['a name of this machine', 'https://localhost:PORT/'],
    ])('is not led to %s', async (_, url) => {
      const error = await tryAt(type, url.replace('PORT', String(port)));
      expect([error.code, error.message]).toEqual([privateAddressCode, expect.not.stringContaining('a-token')]);
      expect(connections).toBe(0);
    });

    it.each([
      ['a user and password', 'https://me:secret@example.com/'],
      ['a host that only looks right', 'https://example.com:secret@127.0.0.1/'],
      ['no encryption', 'http://example.com/secret'],
      ['a file', 'file:///etc/passwd?secret'],
      ['another protocol', 'gopher://example.com/secret'],
      ['a backslash for a host', 'https:\\\\me:secret@127.0.0.1\\'],
      ['no url', 'secret'],
    ])('is not given %s', async (_, url) => {
      const error = await tryAt(type, url);
      expect([error.code, error.message]).toEqual(['sink.config', expect.not.stringContaining('secret')]);
      expect(connections).toBe(0);
    });

    it('is not led inside by its own word where the consumer does not allow it', async () => {
      const error = await tryAt(type, `https://127.0.0.1:${port}/`, { allowPrivate: true }, false);
      expect(error.code).toBe(privateAddressCode);
      expect(connections).toBe(0);
    });
  });
});

describe('a name', () => {
  it.each([
    ['asked for one address', { all: false as const }],
    ['asked for all', { all: true as const }],
    ['of IPv4', { family: 4 as const }],
  ])('that leads inside is refused when it is connected to: %s', async (_, options) => {
    const error = await new Promise((resolve) => publicLookup('localhost', options, (reason) => resolve(reason)));
    expect(error).toMatchObject({ code: privateAddressCode });
  });
});

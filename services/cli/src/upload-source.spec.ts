import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Parser } from 'tar';
import { Client } from './client.ts';
import { uploadSource } from './upload-source.ts';

let folder: string;
let server: Server;
let taken: Buffer;
let client: Client;
let answer: object = { digest: 'sha256:taken' };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upload-'));
  for (const path of ['.git', 'web/node_modules', 'web/src']) await mkdir(join(folder, path), { recursive: true });
  const files = ['.git/HEAD', 'web/node_modules/x.js', 'web/src/a.js', 'README', 'vendor.txt'];
  for (const path of files) await writeFile(join(folder, path), path);
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    taken = Buffer.concat(chunks);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new Client({ url }, { signal: new AbortController().signal });
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function filesIn(archive: Buffer): Promise<string[]> {
  const paths: string[] = [];
  const parser = new Parser({
    onReadEntry: (entry) => {
      if (entry.type === 'File') paths.push(entry.path);
      entry.resume();
    },
  });
  await pipeline(Readable.from([archive]), parser);
  return paths.sort();
}

describe('a folder that is sent along', () => {
  it('has no history and nothing that was fetched, and is the same bytes each time', async () => {
    expect(await uploadSource(client, folder)).toBe('sha256:taken');
    expect(await filesIn(taken)).toEqual(['./README', './vendor.txt', './web/src/a.js']);
    const first = hash('sha256', taken);
    await uploadSource(client, folder);
    expect(hash('sha256', taken)).toBe(first);
  });

  it('leaves out just what is named, where something is', async () => {
    await uploadSource(client, folder, { exclude: ['vendor.txt', '.git'] });
    expect(await filesIn(taken)).toEqual(['./README', './web/node_modules/x.js', './web/src/a.js']);
  });

  it('is refused where whoever took it is no gateway', async () => {
    answer = {};
    await expect(uploadSource(client, folder)).rejects.toMatchObject({ code: 'gateway.stranger' });
  });
});

import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { tinyWorld } from '../../testing/tiny-tools.ts';
import { withEnvironment } from '../../testing/with-environment.ts';
import { findProgram, toolPlaces } from '../find-tool.ts';
import { installTool } from '../install-tool.ts';

it('installs an npm package as a project’s only dependencies, in their pinned versions', async () => {
  await using world = await tinyWorld();
  const component = await world.component('finder', { install: 'npm:@scope/finder@1.0.0 rules@2.1.0' });
  await world.tool(
    'npm',
    `mkdir -p node_modules/.bin; printf '#!/bin/sh\\necho finder v1.0.0\\n' >node_modules/.bin/finder
     chmod +x node_modules/.bin/finder; pwd >pwd`,
  );
  const lines: string[] = [];
  const tool = await installTool('finder', {
    ...world,
    components: [component],
    onProgress: (line) => lines.push(line),
  });
  const folder = join(tool.path, '../..');
  expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toEqual({
    name: 'tool',
    private: true,
    dependencies: { '@scope/finder': '1.0.0', rules: '2.1.0' },
  });
  expect(await readlink(tool.path)).toBe('../node_modules/.bin/finder');
  expect(lines).toEqual([expect.stringMatching(/npm install --prefix=\S+ --ignore-scripts --global=false /)]);
  expect(lines[0]).toContain(`--prefix=${(await readFile(join(folder, 'pwd'), 'utf8')).trim()} `);
});

it('puts packages where it says, whatever .npmrc wants, and runs none of their scripts', async () => {
  await using world = await tinyWorld();
  const component = await world.component('finder', { install: 'npm:finder@1.0.0' });
  await using registry = await tinyRegistry(world.root);
  const elsewhere = join(world.root, 'elsewhere');
  const settings = { registry: registry.url, cache: join(world.root, 'cache'), prefix: elsewhere };
  const surprises = [
    'global=true',
    'ignore-scripts=false',
    'package-lock-only=true',
    'dry-run=true',
    'bin-links=false',
  ];
  const npmrc = join(world.root, 'npmrc');
  const lines = [...Object.entries(settings).map((pair) => pair.join('=')), ...surprises];
  await writeFile(npmrc, `${lines.join('\n')}\n`);
  using _ = withEnvironment({ NPM_CONFIG_USERCONFIG: npmrc, npm_config_global: 'true' });

  const tool = await installTool('finder', {
    home: world.home,
    components: [component],
    places: { home: world.home, path: [dirname(await npmOnPath()), ...world.places.path] },
  });
  expect(tool).toMatchObject({ version: '1.0.0', path: expect.stringContaining(world.home) });
  expect(registry.asked).toEqual(['/finder', '/finder.tgz']);
  await expect(access(elsewhere)).rejects.toThrow('ENOENT');
  await expect(access(join(world.root, 'ran'))).rejects.toThrow('ENOENT');
});

/** A registry on loopback that has one package, whose install script leaves a file `ran`. */
async function tinyRegistry(root: string): Promise<{ url: string; asked: string[] } & AsyncDisposable> {
  const folder = join(root, 'package');
  await mkdir(folder);
  const manifest = {
    name: 'finder',
    version: '1.0.0',
    bin: { finder: 'finder.sh' },
    scripts: { install: `touch ${root}/ran` },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'finder.sh'), '#!/bin/sh\necho 1.0.0\n', { mode: 0o755 });
  await promisify(execFile)('tar', ['-czf', join(root, 'finder.tgz'), '-C', root, 'package']);
  const tarball = await readFile(join(root, 'finder.tgz'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/finder.tgz') return response.end(tarball);
    if (request.url !== '/finder') return response.writeHead(404).end();
    const integrity = `sha512-${hash('sha512', tarball, 'base64')}`;
    const dist = { tarball: `http://${request.headers.host}/finder.tgz`, integrity };
    const versions = { '1.0.0': { ...manifest, hasInstallScript: true, dist } };
    return response.end(JSON.stringify({ name: 'finder', 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function npmOnPath(): Promise<string> {
  const npm = await findProgram('npm', toolPlaces('/nonexistent').path);
  if (!npm) throw new Error('this spec needs npm');
  return npm;
}

import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { InvalidInput, Transient } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { loadComponents } from '../../load-components.ts';
import { type TinyWorld, tinyWorld } from '../../testing/tiny-tools.ts';
import { withEnvironment } from '../../testing/with-environment.ts';
import { installTool } from '../install-tool.ts';

const jars = { '/org/finder/finder/1.0.0/finder-1.0.0.jar': 'the finder', '/org/rules/2.1/rules-2.1.jar': 'rules' };
/** Only programs of the spec: this machine may have a real mvn. */
const own = (world: TinyWorld) => ({ home: world.home, path: [join(world.root, 'bin')] });

async function finder(): Promise<TinyWorld> {
  const world = await tinyWorld();
  await world.component('finder', {
    install: 'maven:org.finder:finder:1.0.0 org:rules:2.1',
    annotations: '    assay.dev/main-class: org.finder.Main',
  });
  await world.tool('java', 'echo "1.0.0 $*"');
  return world;
}

async function install(world: TinyWorld) {
  const components = await loadComponents(world.components);
  return installTool('finder', { home: world.home, components, places: own(world) });
}

describe('a Java program by mvn', () => {
  it('is the named jars and no other, checksums enforced, with a script that starts it', async () => {
    await using world = await finder();
    await world.tool('mvn', `echo "$@" >${world.root}/said; cp pom.xml ${world.root}; echo jar >lib/finder.jar`);
    const tool = await install(world);
    const folder = join(dirname(tool.path), '..');
    expect(await readdir(join(folder, 'lib'))).toEqual(['finder.jar']);
    expect(await readFile(tool.path, 'utf8')).toMatch(
      /^#!\/bin\/sh\nexec java -cp '\/.*\/lib\/\*' org\.finder\.Main "\$@"\n$/,
    );
    expect(await readFile(join(world.root, 'said'), 'utf8')).toMatch(
      /--strict-checksums .* org\.apache\.maven\.plugins:maven-dependency-plugin:\d[\d.]+:copy-dependencies -DoutputDirectory=\//,
    );
    const pom = await readFile(join(world.root, 'pom.xml'), 'utf8');
    expect(pom.match(/<artifactId>(finder|rules)<\/artifactId>\s*<version>[\d.]+<\/version>/g)).toHaveLength(2);
    expect(pom.match(/<exclusion><groupId>\*<\/groupId><artifactId>\*<\/artifactId><\/exclusion>/g)).toHaveLength(2);
  });
});

describe('a Java program without mvn', () => {
  it.each(['sha512', 'sha256', 'sha1'])('is downloaded and held to its %s', async (digest) => {
    await using world = await finder();
    const files = Object.entries(jars).flatMap(([path, text]) => [
      [path, text],
      [`${path}.${digest}`, `${hash(digest, text).toUpperCase()}  some.jar\n`],
    ]);
    await using repository = await tinyRepository(Object.fromEntries(files) as Record<string, string>);
    using _ = withEnvironment({ MVNW_REPOURL: `${repository.url}/`, MVNW_USERNAME: 'me', MVNW_PASSWORD: 'pass' });
    const lib = join(dirname((await install(world)).path), '../lib');
    expect((await readdir(lib)).sort()).toEqual(['finder-1.0.0.jar', 'rules-2.1.jar']);
    expect(await readFile(join(lib, 'rules-2.1.jar'), 'utf8')).toBe('rules');
    expect(new Set(repository.authorizations)).toEqual(new Set([`Basic ${btoa('me:pass')}`]));
  });

  const [[path, text] = ['', '']] = Object.entries(jars);
  it.each<[string, Record<string, string>, typeof InvalidInput | typeof Transient, string]>([
    [
      'is another than its checksum says',
      { [path]: 'forged', [`${path}.sha1`]: hash('sha1', text) },
      Transient,
      'sha1',
    ],
    ['has no checksum', { [path]: text }, InvalidInput, 'no checksum'],
    ['has half a checksum', { [path]: text, [`${path}.sha1`]: 'abc' }, InvalidInput, 'no checksum'],
    ['is not there', {}, InvalidInput, 'is not there'],
    ['has a checksum alone', { [`${path}.sha1`]: hash('sha1', text) }, InvalidInput, 'is not there'],
  ])('is refused where a jar %s', async (_, files, kind, message) => {
    await using world = await finder();
    await using repository = await tinyRepository(files);
    using _environment = withEnvironment({ MVNW_REPOURL: repository.url });
    const refused = install(world);
    await expect(refused).rejects.toThrow(kind);
    await expect(refused).rejects.toThrow(message);
    expect(await readdir(join(world.home, 'cache/tools/finder'))).toEqual([]);
  });

  it.each(['http://repository.example', 'https://me:pass@repository.example', 'file:///tmp', 'nonsense'])(
    'asks no repository at %s',
    async (url) => {
      await using world = await finder();
      using _environment = withEnvironment({ MVNW_REPOURL: url });
      await expect(install(world)).rejects.toThrow('MVNW_REPOURL must be the https:// address');
    },
  );
});

/** A repository on loopback that has these files; it answers 404 for any other. */
async function tinyRepository(files: Readonly<Record<string, string>>) {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    const content = files[request.url ?? ''];
    if (content === undefined) response.writeHead(404).end('no');
    else response.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    authorizations,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transient } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadComponents } from '../load-components.ts';
import { type TinyWorld, tinyWorld } from '../testing/tiny-tools.ts';
import { installTool } from './install-tool.ts';
import { listTools } from './list-tools.ts';

let world: TinyWorld;
beforeEach(async () => {
  world = await tinyWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

// A python3 whose venv is a folder and whose pip writes the tool; what it is told stands in `log`.
const python = (tool: string) => `
echo "$@" >>${world.root}/log
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python3"; exit 0; fi
${tool}`;
const working =
  'printf "#!/bin/sh\\necho finder 1.0.0\\n" >"$(dirname "$0")/finder"; chmod +x "$(dirname "$0")/finder"';

async function install(name = 'finder') {
  const components = await loadComponents(world.components);
  const lines: string[] = [];
  const state = await installTool(name, { ...world, components, onProgress: (line) => lines.push(line) });
  return { state, lines };
}
const cache = () => join(world.home, 'cache/tools/finder');

describe('installing a tool', () => {
  beforeEach(() => world.component('finder').then(() => undefined));

  it('puts the pinned version into the cache, says what it does, and then that tool is the one used', async () => {
    await world.tool('finder', 'echo finder 0.9.0');
    await world.tool('python3', python(working));
    const { state, lines } = await install();
    expect(state).toMatchObject({
      name: 'finder',
      isPresent: true,
      version: '1.0.0',
      path: join(cache(), '1.0.0/bin/finder'),
    });
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/pip install .*finder==1\.0\.0$/);
    const [listed] = await listTools(await loadComponents(world.components), world.places);
    expect(listed).toMatchObject({ version: '1.0.0', path: state.path, install: 'PyPI finder 1.0.0' });
  });

  it('does nothing the second time', async () => {
    await world.tool('python3', python(working));
    await install();
    await rm(join(world.root, 'log'));
    expect((await install()).lines).toEqual([]);
    await expect(readFile(join(world.root, 'log'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['fails', 'echo "no such version" >&2; exit 1', Transient, 'no such version'],
    ['leaves a tool that does not run', `${working}; echo 'exit 1' >"$(dirname "$0")/finder"`, Error, 'does not say'],
    ['leaves another version', working.replace('1.0.0', '1.0.1'), Error, 'does not say'],
    ['leaves nothing', 'exit 0', Error, 'does not say'],
  ])('leaves nothing that could be used when it %s', async (_, pip, kind, message) => {
    await world.tool('python3', python(pip));
    const failed = install();
    await expect(failed).rejects.toThrow(kind);
    await expect(failed).rejects.toThrow(message);
    expect(await readdir(cache())).toEqual([]);
  });

  it('does not repeat the password of an index', async () => {
    await world.tool('python3', python('echo "no answer of https://ci:hunter2@index.example/simple" >&2; exit 1'));
    const failed = install();
    await expect(failed).rejects.toThrow('https://[redacted]@index.example/simple');
    await expect(failed).rejects.not.toThrow('hunter2');
  });

  it('takes a package that counts releases behind the version of the program in it', async () => {
    await world.tool('python3', python(working.replace('1.0.0', '1.0')));
    expect((await install()).state.path).toBe(join(cache(), '1.0.0/bin/finder'));
  });

  it('takes a program that says another version before the one of its module', async () => {
    await world.tool('python3', python(working.replace('finder 1.0.0', 'finder 2026.2, 1.0.0')));
    expect((await install()).state.version).toBe('1.0.0');
  });

  it('replaces one that is broken', async () => {
    await world.tool('python3', python(working));
    await install();
    const before = await readlink(join(cache(), '1.0.0'));
    await writeFile(join(cache(), '1.0.0/bin/finder'), '#!/bin/sh\nexit 1\n');
    expect((await install()).state.version).toBe('1.0.0');
    const after = await readlink(join(cache(), '1.0.0'));
    expect(after).not.toBe(before);
    expect((await readdir(cache())).sort()).toEqual([after, '1.0.0'].sort());
  });

  it('takes it that a package brings what its tool calls', async () => {
    await world.component('finder', { annotations: '    assay.dev/needs: called' });
    await world.tool('python3', python(`${working}; cp "$(dirname "$0")/finder" "$(dirname "$0")/called"`));
    expect((await install()).state.isPresent).toBe(true);
    const [listed] = await listTools(await loadComponents(world.components), world.places);
    expect(listed).toMatchObject({ isPresent: true, repair: '' });
  });

  it('leaves nothing where what its tool calls is missing', async () => {
    await world.component('finder', { annotations: '    assay.dev/needs: not-a-program' });
    await world.tool('python3', python(working));
    await expect(install()).rejects.toThrow('finder needs not-a-program, which is not on the PATH');
    expect(await readdir(cache())).toEqual([]);
  });

  it('says what to install first when python3 is missing', async () => {
    const components = await loadComponents(world.components);
    const places = { home: world.home, path: [join(world.root, 'bin')] };
    await expect(installTool('finder', { ...world, components, places })).rejects.toThrow('install Python 3');
  });

  it.each([
    ['nope', 'There is no tool "nope"; known are finder'],
    ['eslint', 'there is nothing to install'],
  ])('refuses %s', async (name, message) => {
    const components = [
      ...(await loadComponents(world.components)),
      ...(await loadComponents()).filter((it) => it.name === 'eslint'),
    ];
    await expect(installTool(name, { ...world, components })).rejects.toThrow(message);
  });
});

describe('listing tools', () => {
  it('says of each whether it is there, and of a missing one what to do', async () => {
    const components = await loadComponents();
    const tools = await listTools(components, { ...world.places, path: ['/nonexistent'] });
    const said = tools.map(({ name, isPresent, install, repair }) => [name, isPresent, install, repair]);
    expect(said).toHaveLength(components.filter(({ stage }) => stage === 'producer').length);
    const expected = [
      ['bandit', false, 'PyPI bandit[sarif] 1.9.4', 'bandit is not installed: npx assay tools install bandit'],
      ['eslint', true, 'comes with Assay (npm eslint)', ''],
      [
        'gitleaks',
        false,
        'Go github.com/zricethezav/gitleaks/v8 8.30.1',
        'gitleaks is not installed: npx assay tools install gitleaks',
      ],
      [
        'gosec',
        false,
        'Go github.com/securego/gosec/v2/cmd/gosec 2.22.11',
        'gosec is not installed: npx assay tools install gosec',
      ],
      ['npm-sbom', false, 'comes with Node.js', 'npm is not installed: it comes with Node.js'],
      ['secretlint', true, 'comes with Assay (npm secretlint)', ''],
      ['semgrep', false, 'PyPI semgrep 1.182.0', 'semgrep is not installed: npx assay tools install semgrep'],
    ];
    expect(said).toEqual(expect.arrayContaining(expected));
    expect(tools.find(({ name }) => name === 'eslint')?.version).toMatch(/^10\./);
  });

  it('counts a tool as missing when what it calls is', async () => {
    await world.tool('finder', 'echo 1.2.3');
    await world.component('finder', { annotations: '    assay.dev/needs: nothing-like-it' });
    const [tool] = await listTools(await loadComponents(world.components), world.places);
    expect(tool).toMatchObject({ isPresent: false, repair: expect.stringContaining('needs nothing-like-it') });
  });
});

// The tools that come with Assay, for real and offline, on the project under examples/.
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outcome } from '@assay/contracts';
import { loadPipeline } from '@assay/pipeline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { localBackend } from './backends/local/index.ts';
import { defaultPipelines } from './load-components.ts';
import { collect, endsOf, type TinyWorld, tinyWorld } from './testing/tiny-tools.ts';
import { toolPlaces } from './tools/find-tool.ts';

const shop = join(import.meta.dirname, '../../../examples/shop');

let world: TinyWorld;
beforeEach(async () => {
  world = await tinyWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

async function scan(source: string): Promise<{ ends: unknown[]; reports: Record<string, unknown> }> {
  const { components } = await loadPipeline(join(defaultPipelines, 'javascript'));
  const backend = localBackend({
    ...world,
    places: { ...toolPlaces(world.home) },
    concurrency: 2,
    taskTimeoutMs: 60_000,
    now: () => new Date(),
  });
  await backend.start({
    runId: 'run-1',
    pipeline: 'javascript',
    target: { name: 'shop', kind: 'repository' },
    revision: '',
    source: { folder: source },
    tasks: components.map((component) => ({ name: component.name, component })),
    params: { target: 'shop', run: 'run-1', gateway: 'http://127.0.0.1:9' },
    token: 'token',
  });
  const updates = await collect(backend.watch('run-1'));
  const submitted = await world.submitted();
  return {
    ends: endsOf(updates)
      .map(({ task, end }) => [task, end.outcome, end.reason])
      .sort(),
    reports: Object.fromEntries(Object.entries(submitted).map(([task, { report }]) => [task, JSON.parse(report)])),
  };
}

/** Every file with the digest of its content. */
async function contentOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(async (file) => `${file} ${hash('sha256', await readFile(file))}`));
}

describe('the pipeline "javascript"', () => {
  it('finds the shop’s flaws, its token and its packages, from a folder without node_modules', async () => {
    // Outside this repository, so that no node_modules lies above it either.
    const source = join(world.root, 'my shop');
    await cp(shop, source, { recursive: true });
    const before = await contentOf(source);
    const { ends, reports } = await scan(source);
    expect(ends).toEqual([
      ['eslint', Outcome.SUCCEEDED, ''],
      ['npm-sbom', Outcome.SUCCEEDED, ''],
      ['secretlint', Outcome.SUCCEEDED, ''],
    ]);
    const files = reports['eslint'] as { filePath: string; messages: { ruleId: string; line: number }[] }[];
    expect(
      files
        .flatMap(({ filePath, messages }) =>
          messages.map(({ ruleId, line }) => `${filePath.slice(source.length + 1)}:${line} ${ruleId}`),
        )
        .sort(),
    ).toEqual([
      'web/search.js:12 security/detect-non-literal-regexp',
      'web/search.js:8 security/detect-eval-with-expression',
      'web/server.js:11 security/detect-child-process',
      'web/templates.js:4 security/detect-non-literal-fs-filename',
    ]);
    const sarif = reports['secretlint'] as { runs: { results: { ruleId: string; locations: unknown[] }[] }[] };
    expect(sarif.runs[0]?.results).toEqual([
      expect.objectContaining({
        ruleId: expect.stringContaining('secretlint-rule-github'),
        locations: [
          {
            physicalLocation: expect.objectContaining({
              artifactLocation: expect.objectContaining({ uri: 'web/catalogue.js' }),
            }),
          },
        ],
      }),
    ]);
    expect(JSON.stringify(sarif)).not.toContain('ghp_');
    const sbom = reports['npm-sbom'] as { components: { purl: string }[] };
    expect(sbom.components.map(({ purl }) => purl).sort()).toEqual([
      'pkg:npm/lodash@4.17.4',
      'pkg:npm/minimist@0.0.8',
      'pkg:npm/node-fetch@2.6.0',
    ]);
    expect(await contentOf(source)).toEqual(before);
  });

  it('takes nothing from a project that wants to be seen differently', async () => {
    const source = join(world.root, 'hostile');
    await cp(shop, source, { recursive: true });
    await writeFile(join(source, 'eslint.config.mjs'), 'throw new Error("run");\n');
    await writeFile(join(source, 'web/search.js'), '/* eslint-disable */\nmodule.exports = (x) => eval(x);\n');
    for (const name of [
      'eslint-plugin-security',
      '@secretlint/secretlint-rule-preset-recommend',
      '@secretlint/secretlint-formatter-sarif',
    ]) {
      const folder = join(source, 'node_modules', name);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'index.js'), 'throw new Error("run");\n');
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '9.9.9', main: 'index.js' }));
    }
    const { ends, reports } = await scan(source);
    expect(ends).toEqual([
      ['eslint', Outcome.SUCCEEDED, ''],
      ['npm-sbom', Outcome.SUCCEEDED, ''],
      ['secretlint', Outcome.SUCCEEDED, ''],
    ]);
    expect(JSON.stringify(reports['eslint'])).toContain('security/detect-eval-with-expression');
  });

  it('counts the same packages, and writes nothing, where the project’s .npmrc says otherwise', async () => {
    const source = join(world.root, 'work');
    const text = (file: string, content: unknown) => writeFile(join(source, file), JSON.stringify(content));
    await mkdir(join(source, 'packages/part'), { recursive: true });
    const project = { name: 'work', version: '1.0.0', workspaces: ['packages/*'], devDependencies: { ms: '2.0.0' } };
    const part = { name: 'part', version: '1.0.0', dependencies: { minimist: '0.0.8' } };
    await text('package.json', project);
    await text('packages/part/package.json', part);
    await text('package-lock.json', {
      ...{ name: 'work', version: '1.0.0', lockfileVersion: 3, requires: true },
      packages: {
        '': project,
        'node_modules/ms': { version: '2.0.0', dev: true },
        'node_modules/minimist': { version: '0.0.8' },
        'node_modules/part': { resolved: 'packages/part', link: true },
        'packages/part': part,
      },
    });
    const outside = join(world.root, 'outside');
    const lines = ['omit=dev', 'cache=./cache', `logs-dir=${outside}`, 'workspaces=false', 'sbom-type=application'];
    await writeFile(join(source, '.npmrc'), lines.join('\n'));
    const before = await contentOf(source);
    const sbom = (await scan(source)).reports['npm-sbom'] as {
      components: { purl: string }[];
      dependencies: unknown[];
    };
    expect(sbom.components.map(({ purl }) => purl).sort()).toEqual([
      'pkg:npm/minimist@0.0.8',
      'pkg:npm/ms@2.0.0',
      'pkg:npm/part@1.0.0',
    ]);
    // An edge to the workspace and one from it: npm has read its package.json.
    expect(sbom.dependencies).toContainEqual({ ref: 'part@1.0.0', dependsOn: ['minimist@0.0.8'] });
    expect(await contentOf(source)).toEqual(before);
    expect(await readdir(world.root)).not.toContain('outside');
    await expect(readdir(join(source, 'cache'))).rejects.toThrow('ENOENT');
  });

  it('fails, rather than being clean, where a tool cannot do its work', async () => {
    const source = join(world.root, 'broken');
    await cp(shop, source, { recursive: true });
    await writeFile(join(source, 'package-lock.json'), '{"lockfileVersion": 3, ');
    const { ends } = await scan(source);
    expect(ends).toEqual([
      ['eslint', Outcome.SUCCEEDED, ''],
      ['npm-sbom', Outcome.FAILED, expect.stringContaining('npm sbom failed with exit code')],
      ['secretlint', Outcome.SUCCEEDED, ''],
    ]);
  });
});

describe('the shop', () => {
  it('names no host to fetch packages from and is not checked as our own code', async () => {
    expect(await readFile(join(shop, 'package-lock.json'), 'utf8')).not.toContain('resolved');
    const root = join(shop, '../..');
    const biome = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8')) as { files: { includes: string[] } };
    expect(biome.files.includes).toContain('!examples/shop');
    expect(execFileSync('git', ['ls-files', 'examples/shop'], { cwd: root }).toString()).not.toMatch(
      /\.spec\.|project\.json/,
    );
  });
});

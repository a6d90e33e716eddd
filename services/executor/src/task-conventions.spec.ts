// What every task.yaml of ours has in common. Each says it whole, so that it can be applied and read by itself; this
// spec keeps them from drifting apart.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Component, givenParams } from '@assay/pipeline';
import { describe, expect, it } from '@jest/globals';
import { loadComponents } from './load-components.ts';
import { isFromRegistry } from './tools/install-spec.ts';
import { toolOf } from './tools/tool-spec.ts';

const components = await loadComponents();
const producers = components.filter(({ stage }) => stage === 'producer');
const others = components.filter(({ stage }) => stage === 'base' || stage === 'source');
const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
  version: string;
};
const cli = `ghcr.io/assay/cli:${version}`;

/** A submit step with the words that may differ left out. */
function commonSubmit({ name, annotations, steps }: Component): unknown {
  const format = annotations['assay.dev/format'] ?? '';
  const report = steps[0]?.env?.find((it) => it.name === 'REPORT')?.value?.replace('$(workspaces.output.path)/', '');
  return JSON.parse(
    JSON.stringify(steps[1])
      .replaceAll(`--format=${format} `, '--format=FORMAT ')
      .replaceAll(`--task=${name} `, '--task=NAME ')
      .replaceAll(`$RUN/${name}\\"`, '$RUN/NAME\\"')
      .replaceAll(` ${report} `, ' REPORT ')
      .replaceAll(` ${report}>`, ' REPORT>')
      .replaceAll(` ${report} >`, ' REPORT >'),
  );
}

function imageOfScan(component: Component): string | undefined {
  const tool = toolOf(component);
  if (!tool) throw new Error(`${component.name} has no tool`);
  if (isFromRegistry(tool.install)) return `ghcr.io/assay/tool-${component.name}:${tool.install.version}`;
  if (tool.install.how === 'bundled' || tool.command === 'npm') return cli;
  // What is installed by other means comes in its makers' own image.
  return component.steps[0]?.image?.match(/^(aquasec|owasp)\/[a-z-]+:\d+\.\d+\.\d+$/)?.[0];
}

describe('a scanner’s task', () => {
  it.each(producers.map((component) => [component.name, component] as const))(
    '%s submits its report as the others do, and is given the token for that step only',
    (_name, component) => {
      const [first] = producers;
      expect(component.steps.map(({ name }) => name)).toEqual(['scan', 'submit']);
      expect(commonSubmit(component)).toEqual(first && commonSubmit(first));
      expect(component.steps[1]).toMatchObject({ image: cli, workspaces: [{ name: 'credentials' }] });
      expect(JSON.stringify(component.steps[0])).not.toContain('credentials');
    },
  );

  it.each(producers.map((component) => [component.name, component] as const))(
    '%s scans in the image that has the pinned version, with a home it can write to',
    (_name, component) => {
      const [scan] = component.steps;
      expect(scan?.image).toBe(imageOfScan(component));
      expect(scan?.env?.find(({ name }) => name === 'HOME')?.value).toBe('$(workspaces.output.path)');
      expect(component.workspaces.find(({ name }) => name === 'source')?.readOnly).toBe(true);
    },
  );
});

describe('a task that begins a run', () => {
  it('is there for everything that can be scanned', () => {
    expect(others.map(({ name, stage }) => `${stage} ${name}`).sort()).toEqual([
      'base base',
      'source archive',
      'source git',
      'source path',
      'source upload',
    ]);
  });

  it.each(others.map((component) => [component.name, component] as const))(
    '%s works with our own image, and says what has something to scan',
    (_name, component) => {
      expect(component.steps.map(({ image }) => image)).toEqual([cli]);
      const applies = component.results.find(({ name }) => name === 'applies');
      expect(applies?.type).toBe(component.stage === 'source' ? 'array' : undefined);
      // What neither the executor nor the composition gives has a default.
      const given = new Set<string>([...givenParams, 'source-url', 'source-archive']);
      const needed = component.params.filter((param) => param.default === undefined).map(({ name }) => name);
      expect(needed.filter((name) => !given.has(name))).toEqual([]);
    },
  );
});

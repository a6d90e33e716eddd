import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadComponent } from './component.ts';
import { configFilesOf } from './config-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

const componentWith = async (workspace: string) => {
  const text = `apiVersion: tekton.dev/v1
kind: Task
metadata: {name: tool, labels: {v1.dracon.ocurity.com/component: producer}}
spec: {workspaces: [{name: ${workspace}}], steps: [{image: tool, command: [tool]}]}
`;
  await writeFile(join(folder, 'task.yaml'), text);
  return loadComponent(join(folder, 'task.yaml'));
};

describe('the files of a component', () => {
  it('are those beside its task.yaml that are for the tool', async () => {
    for (const file of [
      'rules.yaml',
      'tool.mjs',
      'index.ts',
      'tool.spec.ts',
      'README.md',
      'kustomization.yaml',
      '.hidden',
    ])
      await writeFile(join(folder, file), file);
    await mkdir(join(folder, 'fixtures'));
    expect(await configFilesOf(await componentWith('config'))).toEqual({
      'rules.yaml': 'rules.yaml',
      'tool.mjs': 'tool.mjs',
    });
  });

  it('are none for a component that asks for none', async () => {
    await writeFile(join(folder, 'rules.yaml'), 'x');
    expect(await configFilesOf(await componentWith('source'))).toEqual({});
  });

  it.each([
    ['too large for a ConfigMap', 'rules.yaml', 901 * 1024, /above 921600 bytes .*rules\.yaml/],
    ['of a name that no ConfigMap takes', 'a b.yaml', 1, /use letters, digits/],
  ])('are refused when one is %s', async (_, name, size, message) => {
    await writeFile(join(folder, name), 'x'.repeat(size));
    await expect(configFilesOf(await componentWith('config'))).rejects.toThrow(message);
  });
});

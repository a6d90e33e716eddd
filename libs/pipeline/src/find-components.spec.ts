import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findComponents } from './find-components.ts';

const task = (name: string, image: string) => `apiVersion: tekton.dev/v1beta1
kind: Task
metadata: {name: ${name}, labels: {v1.dracon.ocurity.com/component: source}}
spec: {steps: [{image: '${image}', script: run}]}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-components-'));
  const image = '{{ default "ghcr.io/x" .Values.registry }}/git:{{ .Chart.AppVersion }}';
  const files = {
    'chart/Chart.yaml': 'apiVersion: v2\nname: oss\nversion: 0.1.0\nappVersion: 1.4.0\n',
    'chart/values.yaml': 'registry: registry.example.com\n',
    'chart/templates/tasks.yaml': `${task('git-clone', image)}---\n${task('wget', 'wget:1')}---\n`,
    'chart/templates/notes.yaml': 'kind: ConfigMap\n',
    'folder/sources/git/task.yaml': task('git-clone', 'git:2'),
    'empty/none.txt': '',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const find = (
  reference: string,
  releases: Record<string, string> = {},
  fetch?: (reference: string) => Promise<string>,
) =>
  findComponents(reference, folder, 'kustomization.yaml:7', {
    releases: Object.fromEntries(Object.entries(releases).map(([name, path]) => [name, join(folder, path)])),
    ...(fetch ? { fetch } : {}),
  });

describe('what a kustomization names', () => {
  it.each([
    ['pkg:helm/oss/git-clone', { oss: 'chart' }, 'registry.example.com/git:1.4.0'],
    ['pkg:helm/oss/wget', { oss: 'chart' }, 'wget:1'],
    ['pkg:helm/oss/git-clone', { oss: 'folder' }, 'git:2'],
    ['folder/sources/git', {}, 'git:2'],
    ['folder/sources/git/task.yaml', {}, 'git:2'],
    ['folder', {}, 'git:2'],
  ])('%s of %j is found', async (reference, releases, image) => {
    const [component] = await find(reference, releases);
    expect(component?.steps[0]?.image).toBe(image);
  });

  it('is fetched when it is an OCI artifact', async () => {
    const asked: string[] = [];
    const [component] = await find('oci://registry.example.com/git:1', {}, async (reference) => {
      asked.push(reference);
      return join(folder, 'folder/sources/git');
    });
    expect([asked, component?.name]).toEqual([['oci://registry.example.com/git:1'], 'git-clone']);
  });

  it.each([
    [
      'pkg:helm/oss/git-clone',
      {},
      'kustomization.yaml:7: pkg:helm/oss/git-clone is of the release "oss", whose folder is not known; give --release oss=DIR',
    ],
    [
      'pkg:helm/oss/gosec',
      { oss: 'chart' },
      /kustomization\.yaml:7: pkg:helm\/oss\/gosec leads nowhere: .*chart has no Task "gosec"; it has git-clone, wget/,
    ],
    ['pkg:helm/oss/gosec', { oss: 'nowhere' }, /pkg:helm\/oss\/gosec leads nowhere: .*nowhere cannot be read/],
    ['pkg:helm/oss', {}, 'write pkg:helm/RELEASE/TASK'],
    ['https://example.com/task.yaml', {}, 'kustomization.yaml:7: https://example.com/task.yaml is elsewhere'],
    ['oci://registry.example.com/x:1', {}, 'cannot be fetched here'],
    ['nowhere', {}, /kustomization\.yaml:7: there is no component at .*nowhere/],
    ['empty', {}, /kustomization\.yaml:7: there is no task\.yaml in .*empty/],
  ])('%s of %j is refused by name', async (reference, releases, message) => {
    await expect(find(reference, releases)).rejects.toThrow(message);
  });
});

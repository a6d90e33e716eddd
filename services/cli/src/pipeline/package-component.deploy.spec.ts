// Needs the helm binary: ASSAY_TEST_HELM.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findComponents, loadComponents, taskText } from '@assay/pipeline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { extract } from 'tar';
import { parse, parseAllDocuments } from 'yaml';
import { runCli } from '../testing/run-cli.ts';

const run = promisify(execFile);
const helm = process.env['ASSAY_TEST_HELM'] || 'helm';
const repository = join(import.meta.dirname, '../../../..');
const adapters = join(repository, 'services/producer/src/adapters');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'));
  // Braces of a script's own must come through.
  await mkdir(join(folder, 'braces'));
  await writeFile(
    join(folder, 'braces/task.yaml'),
    `apiVersion: tekton.dev/v1
kind: Task
metadata: {name: braces, labels: {v1.dracon.ocurity.com/component: producer}}
spec: {steps: [{image: 'ghcr.io/assay/cli:0.1.0', script: 'tool --format "{{ .Name }}"'}]}
`,
  );
  const made = await runCli([
    'component',
    'package',
    adapters,
    join(folder, 'braces'),
    '--chart=ours',
    '--tag=3.0.0',
    `--output=${folder}`,
  ]);
  expect(made).toMatchObject({ code: 0, err: '' });
  await extract({ cwd: folder, file: join(folder, 'ours-0.1.0.tgz') });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const template = async (...flags: string[]) => {
  const { stdout } = await run(helm ?? '', ['template', 'release', join(folder, 'ours-0.1.0.tgz'), ...flags], {
    maxBuffer: 64 * 1024 * 1024,
    timeout: 50_000,
  });
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  return Object.fromEntries(objects.filter(({ kind }) => kind === 'Task').map((task) => [task.metadata.name, task]));
};

describe('a chart of components', () => {
  it('passes helm lint', async () => {
    await run(helm ?? '', ['lint', '--strict', join(folder, 'ours')], { timeout: 50_000 });
  });

  it.each([
    [[], { version: '3.0.0' }],
    [
      ['--set=image.registry=registry.example.com/a,image.version=9'],
      { registry: 'registry.example.com/a', version: '9' },
    ],
  ])('installs the Tasks as they are, with images as the values say (%j)', async (flags, images) => {
    const components = [...(await loadComponents(adapters)), ...(await findComponents('braces', folder, 'here', {}))];
    const expected = components.map((component) => [component.name, parse(taskText(component, images))]);
    expect(await template(...flags)).toEqual(Object.fromEntries(expected));
  });

  it('is what pkg:helm/RELEASE/TASK leads to', async () => {
    const releases = { ours: join(folder, 'ours') };
    const [gosec] = await findComponents('pkg:helm/ours/gosec', folder, 'here', { releases });
    expect(gosec?.steps.at(-1)?.image).toBe('ghcr.io/assay/cli:3.0.0');
    const [braces] = await findComponents('pkg:helm/ours/braces', folder, 'here', { releases });
    expect(braces?.steps[0]?.script).toBe('tool --format "{{ .Name }}"');
  });
});

import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { defaultComponents, defaultPipelines } from '@assay/executor';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'assay-run-')));
  await cp(join(defaultPipelines, 'javascript'), join(folder, 'pipeline'), { recursive: true });
  const [scanners = ''] = defaultComponents.split(delimiter);
  await cp(scanners, join(folder, 'components'), { recursive: true });
  const list = 'components:\n  - ../components/eslint\n';
  const file = join(folder, 'pipeline/kustomization.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/components:[\s\S]*/, list));
});

afterEach(() => rm(folder, { recursive: true }));

const argv = ['run', 'pipeline', '--source', '.'];
/** As far as a run gets when the platform refuses. */
const asked = [
  { request: 'GET /api/v1/runs?limit=1', answer: { items: [] } },
  { request: 'POST /api/v1/runs', ...problem(400, 'not today') },
];

async function change(from: string, to: string): Promise<void> {
  const file = join(folder, 'components/eslint/task.yaml');
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

describe('assay run', () => {
  it('asks for components that are the platform’s own, wherever they lie', async () => {
    const ran = await against(asked, argv, { cwd: folder });
    expect(JSON.parse(ran.received[1]?.body ?? '')).toMatchObject({ components: ['eslint'], sourcePath: folder });
  });

  it.each([
    ['other content under the same name', 'kind: Task', 'kind: Task # changed', 'eslint', 'is another one than'],
    ['a name that the platform does not have', 'name: eslint', 'name: eslint-own', 'eslint-own', 'is not in'],
  ])('refuses a component with %s before it asks for anything', async (_, from, to, name, difference) => {
    await change(from, to);
    const ran = await against([], argv, { cwd: folder });
    expect(ran).toMatchObject({ code: 2, out: '', received: [] });
    for (const part of [`the component "${name}"`, difference, 'ASSAY_EXECUTOR_COMPONENTS'])
      expect(ran.err).toContain(part);
  });

  it('asks for components of the folder that ASSAY_EXECUTOR_COMPONENTS names', async () => {
    await change('kind: Task', 'kind: Task # changed');
    const env = { ASSAY_EXECUTOR_COMPONENTS: 'components' };
    const ran = await against(asked, argv, { cwd: folder, env });
    expect(ran.received).toHaveLength(2);
  });

  it('leaves a platform on another machine to know its own', async () => {
    await change('kind: Task', 'kind: Task # changed');
    const env = { ASSAY_URL: 'http://assay.invalid' };
    const ran = await against([], argv, { cwd: folder, env });
    expect(ran.err).not.toContain('ASSAY_EXECUTOR_COMPONENTS');
  });
});

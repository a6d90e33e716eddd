import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { composePipeline } from '../../libs/pipeline/src/compose.ts';
import { loadPipeline } from '../../libs/pipeline/src/pipeline.ts';

const fetched = [
  ['base', ''],
  ['git', 'base'],
];
const after = (previous: string, ...names: string[]) => names.map((name) => [name, previous]);

// What runs in each, and after what.
const pipelines: Record<string, string[][]> = {
  golang: [...fetched, ...after('git', 'gosec', 'staticcheck', 'osv-scanner', 'gitleaks')],
  python: [...fetched, ...after('git', 'bandit', 'detect-secrets', 'pip-audit', 'cyclonedx-py')],
  javascript: after('', 'eslint', 'secretlint', 'npm-sbom'),
  java: [...fetched, ...after('git', 'findsecbugs', 'dependency-check', 'syft', 'gitleaks')],
  'docker-image': [['base', ''], ...after('base', 'trivy-image', 'syft-image')],
  'terraform-kubernetes': [...fetched, ...after('git', 'checkov', 'trivy', 'shellcheck', 'gitleaks')],
  monorepo: [
    ...fetched,
    ...after('git', 'bandit', 'checkov', 'syft', 'eslint', 'gitleaks', 'gosec', 'osv-scanner', 'semgrep', 'shellcheck'),
  ],
  'dracon-style': [...fetched, ['producer-todo', 'git'], ['dracon-enricher', 'producer-todo']],
};

describe('the pipelines to copy from', () => {
  it.each(Object.entries(pipelines))('%s has its tasks in that order and nothing to note', async (name, tasks) => {
    const pipeline = await loadPipeline(join(import.meta.dirname, name));
    const { spec } = composePipeline(pipeline, { tasks: 'inline' });
    expect(spec.tasks.map((task) => [task.name, (task.runAfter ?? []).join(' ')])).toEqual(tasks);
    expect(pipeline.notes).toEqual([]);
    expect(pipeline.name).toBe(name === 'dracon-style' ? 'dracon-todo-project' : name);
  });

  it('are all in the table above, but the one that runs every scanner', async () => {
    const entries = await readdir(import.meta.dirname, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(folders.sort()).toEqual([...Object.keys(pipelines), 'scan'].sort());
  });

  it.each(['golang', 'monorepo'])('%s runs a scanner where the repository has something for it', async (name) => {
    const { spec } = composePipeline(await loadPipeline(join(import.meta.dirname, name)), { tasks: 'inline' });
    const gosec = spec.tasks.find((task) => task.name === 'gosec');
    expect(gosec?.when).toEqual([{ input: 'gosec', operator: 'in', values: ['$(tasks.git.results.applies[*])'] }]);
    const told = spec.params.find((param) => param.name === 'applies-to');
    expect(JSON.parse(`{${String(told?.default)}}`)).toMatchObject({ gosec: ['**/*.go'] });
  });
});

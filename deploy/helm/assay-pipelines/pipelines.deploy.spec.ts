// The chart of pipelines, rendered by the real helm: what composing their folders gives.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { composedObjects, loadPipeline } from '@assay/pipeline';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { root } from '../../images/bundle.ts';
import { pipelineFiles, writtenPipelines } from '../generate-pipelines.ts';

interface Rendered {
  kind: string;
  metadata: { name: string; namespace?: string };
}

async function rendered(...sets: string[]): Promise<Rendered[]> {
  const helm = process.env['ASSAY_TEST_HELM'] ?? 'helm';
  const args = ['template', 'x', import.meta.dirname, '--kube-version', '1.30.0'];
  const { stdout } = await promisify(execFile)(helm, [...args, ...sets.flatMap((set) => ['--set', set])], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Rendered);
}

const imagesOf = (objects: readonly unknown[]) =>
  [...new Set([...JSON.stringify(objects).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image ?? ''))].sort();

const byName = (objects: readonly Rendered[]) =>
  Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));

describe('the chart of pipelines', () => {
  it('is what node deploy/helm/generate-pipelines.ts writes', async () => {
    const [made, written] = await Promise.all([pipelineFiles(), writtenPipelines()]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(made));
  });

  it.each(['golang', 'javascript'])('has %s as its folder is composed', async (name) => {
    const composed = await composedObjects(await loadPipeline(join(root, 'examples/pipelines', name)));
    expect(byName(await rendered(`pipelines={${name}}`))).toEqual(byName(JSON.parse(JSON.stringify(composed))));
  });

  it('has all of them', async () => {
    const names = [...(await pipelineFiles()).keys()].filter((file) => file.endsWith('.pipeline.yaml'));
    const pipelines = (await rendered()).filter(({ kind }) => kind === 'Pipeline');
    expect(pipelines.length).toBe(names.length);
  });

  it('takes ours from one registry in one version, tools from there in their own', async () => {
    const [usual, chosen] = [
      imagesOf(await rendered()),
      imagesOf(await rendered('image.registry=r.test/mirror', 'image.version=9.9.9')),
    ];
    expect(chosen).toEqual(
      usual
        .map((image) => image.replace(/^ghcr\.io\/assay\/(?!tool-)([a-z-]+):.*$/, 'r.test/mirror/$1:9.9.9'))
        .map((image) => image.replace('ghcr.io/assay/', 'r.test/mirror/'))
        .sort(),
    );
    expect(chosen).toContain('r.test/mirror/cli:9.9.9');
  });

  it('makes them elsewhere, without the files that the executor makes', async () => {
    const objects = await rendered('namespace=assay-runs', 'files=false');
    expect([...new Set(objects.map(({ kind }) => kind))]).not.toContain('ConfigMap');
    expect([...new Set(objects.map(({ metadata }) => metadata.namespace))]).toEqual(['assay-runs']);
  });

  it('says which there are', async () => {
    const failed = (await rendered('pipelines={golan}').catch((error: unknown) => error)) as { stderr: string };
    expect(failed.stderr).toContain('there is no pipeline golan; there are docker-image, ');
  });
});

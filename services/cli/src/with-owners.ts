// The step codeowners wants a CODEOWNERS file in the blob store. Where the source is at hand and no file was named, as in
// the submit step of a task, it is the source's own; where it has none there is nothing for the step to do.
import { realpath, stat } from 'node:fs/promises';
import type { Client } from './client.ts';
import type { StepArgument } from './steps.ts';

export async function withOwners(
  client: Client,
  steps: readonly StepArgument[],
  source: string | undefined,
): Promise<StepArgument[]> {
  const folder = source === undefined || !steps.some(needsOwners) ? undefined : await folderAt(source);
  if (folder === undefined) return [...steps];
  const { findOwners } = await import('@assay/executor/find-owners');
  const owners = await findOwners(folder);
  if (!owners) return steps.filter((step) => !needsOwners(step));
  const { digest } = await client.request<{ digest: string }>('POST', '/api/v1/blobs', {
    headers: { 'content-type': 'text/plain' },
    body: async function* () {
      yield owners;
    },
    // The same content has the same digest: twice does no harm.
    isRepeatable: true,
  });
  return steps.map((step) => (needsOwners(step) ? { ...step, params: { ...step.params, blob: digest } } : step));
}

function needsOwners({ name, params }: StepArgument): boolean {
  return name === 'codeowners' && !params['blob'] && !params['content'];
}

// What a report's paths begin with need not be a folder of this machine.
async function folderAt(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? realpath(path) : undefined;
}

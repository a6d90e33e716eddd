// The files that a component brings along for its tool: what its workspace `config` holds, from a ConfigMap.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import type { Component } from './component.ts';

const code = 'component.config';
/** Kubernetes keeps no ConfigMap above 1 MiB, and base64 of it must fit into a request. */
const maxBytes = 900 * 1024;
/** What belongs to the component itself or to its specs. */
const notForTool = /^(task\.yaml|kustomization\.yaml|.*\.ts|README.*|\..*)$/i;
/** What a key of a ConfigMap may be. */
const key = /^[-._a-zA-Z0-9]{1,253}$/;

/** By file name. Folders (fixtures, other components) are left out. Empty for a component without a workspace `config`. */
export async function configFilesOf({ name, folder, workspaces }: Component): Promise<Record<string, string>> {
  if (!workspaces.some((workspace) => workspace.name === 'config')) return {};
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && !notForTool.test(entry.name)).map((entry) => entry.name);
  let bytes = 0;
  const files: Record<string, string> = {};
  for (const file of names.sort()) {
    const path = join(folder, file);
    if (!key.test(file)) {
      throw new InvalidInput(`${path} cannot be handed to ${name}: use letters, digits, "-", "_" and "." only.`, {
        code,
      });
    }
    bytes += (await stat(path)).size;
    if (bytes > maxBytes) {
      throw new InvalidInput(
        `The files beside ${name} are above ${maxBytes} bytes (${path}); a ConfigMap holds no more.`,
        { code },
      );
    }
    files[file] = await readFile(path, 'utf8');
  }
  return files;
}

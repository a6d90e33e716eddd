#!/usr/bin/env node
// `npx assay`: the command line on the pinned Node, whichever Node the machine has.
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const main = join(root, 'services/cli/src/main.ts');

try {
  const { becomeNode, pinnedNode } = await import('./pinned-node.mjs');
  const node = pinnedNode(root);
  if (Number.parseInt(process.versions.node, 10) >= 24) await import(main);
  else becomeNode(node, [main, ...process.argv.slice(2)]);
} catch (error) {
  const isMissing = error.code === 'ERR_MODULE_NOT_FOUND';
  console.error(`assay: ${error.message}${isMissing ? `. Are the dependencies installed? Run npm ci in ${root}` : ''}`);
  process.exitCode = 1;
}

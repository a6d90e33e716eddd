// The code blocks of the README, for the specs that run them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '@assay/testing';

/** The block behind `<!-- test: NAME -->`. */
export async function codeBlock(name: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = new RegExp(`<!-- test: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  if (!block) throw new Error(`README.md has no block <!-- test: ${name} -->`);
  return block;
}

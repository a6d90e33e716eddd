// assay explain owner
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { Define } from '../command.ts';
import { toJson } from '../terminal-text.ts';

export const define: Define = (command, io) => {
  command
    .command('owner')
    .summary('who owns paths by a CODEOWNERS file, and which line says so')
    .description('Show who owns paths by a CODEOWNERS file, and which line says so, as JSON: [{path, owners, line}].')
    .argument('<codeowners>', 'the CODEOWNERS file')
    .argument('<path...>', 'paths from the repository’s root')
    .example('assay explain owner .github/CODEOWNERS src/app.js docs/README.md', 'line null: no line matches')
    .does(io, async (file: string, paths: string[]) => {
      const { maxCodeownersBytes, ownersOf, parseCodeowners } = await import('@assay/enricher');
      const path = resolve(io.cwd, file);
      const found = await stat(path).catch((cause: unknown) => {
        throw new InvalidInput(`${file} cannot be read; give a CODEOWNERS file that is there`, {
          code: 'explain.file',
          cause,
        });
      });
      if (!found.isFile() || found.size > maxCodeownersBytes)
        throw new InvalidInput(`${file} is no file of at most ${maxCodeownersBytes} bytes`, { code: 'explain.file' });
      const codeowners = parseCodeowners(await readFile(path, 'utf8'));
      const owned = paths.map((asked) => ({ path: asked, ...ownersOf(codeowners, asked) }));
      await io.out.line(toJson(owned, 2));
      return undefined;
    });
};

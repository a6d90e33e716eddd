// assay start: what `npm start` runs. The whole platform, the example project scanned, and then it goes on serving.
import { fileURLToPath } from 'node:url';
import type { Define } from '../command.ts';
import { oneLine } from '../terminal-text.ts';

const example = fileURLToPath(new URL('../../../../examples/shop', import.meta.url));

interface StartOptions {
  once?: boolean;
}

export const define: Define = (command, io) => {
  command
    .argument('[path]', 'folder to scan', example)
    .option('--once', 'end after the table')
    .example('npm start', 'start, scan the example project, go on serving')
    .example('npm start -- --once', 'the same, and end after the table')
    .example('npm start -- ../my-project', 'scan a project of yours')
    .does(io, async (path: string, options: StartOptions) => {
      const { startPlatform } = await import('../up/platform.ts');
      const { scanAt, serve } = await import('../up/serve.ts');
      // The example is the same project wherever it is checked out.
      const target = path === example ? 'examples/shop' : undefined;
      const platform = await startPlatform({ env: io.env, onProgress: (line) => io.err.put(`${oneLine(line)}\n`) });
      if (!options.once) {
        await scanAt(io, platform, path, target);
        await serve(io, platform);
        return 0;
      }
      try {
        return await scanAt(io, platform, path, target);
      } finally {
        await platform.stop();
      }
    });
};

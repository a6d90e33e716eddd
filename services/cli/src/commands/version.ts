// assay version
import { createRequire } from 'node:module';
import { type Define, outputOption } from '../command.ts';
import { toJson } from '../terminal-text.ts';

export const define: Define = (command, io) => {
  command
    .addOption(outputOption())
    .example('assay version', 'prints one line')
    .does(io, async (options: { output: string }) => {
      const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
      const node = process.versions.node;
      await io.out.line(
        options.output === 'json' ? toJson({ assay: version, node }) : `assay ${version}, Node ${node}`,
      );
      return undefined;
    });
};

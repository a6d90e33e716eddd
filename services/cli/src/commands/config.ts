// assay config [service]
import { type Define, outputOption } from '../command.ts';
import { exitCode } from '../exit-codes.ts';
import { print } from '../listing.ts';
import type { Setting } from '../settings.ts';
import type { Column } from '../table.ts';
import { manyLines } from '../terminal-text.ts';

const columns: readonly Column<Setting>[] = [
  { title: 'VARIABLE', value: ({ variable }) => variable },
  { title: 'VALUE', value: ({ value }) => value, shrinkTo: 12, style: ({ isSet }) => (isSet ? 'bold' : undefined) },
  { title: 'DEFAULT', value: (setting) => setting.default, shrinkTo: 12 },
  { title: 'MEANING', value: ({ meaning }) => meaning, shrinkTo: 24 },
];

export const define: Define = (command, io) => {
  command
    .argument('[service]', 'just what this one reads: shared, gateway, executor, producer, enricher, ledger, consumer')
    .addOption(outputOption())
    .example('assay config', 'every variable, with the value it has here')
    .example('assay config gateway -o json', 'for a script')
    .does(io, async (service: string | undefined, options: { output: string }) => {
      const { services } = await import('../up/services.ts');
      const { mistakesIn, settingsOf } = await import('../settings.ts');
      await print(io, settingsOf(services, io.env, service), { format: options.output, columns, empty: 'no settings' });
      const mistakes = mistakesIn(services, io.env);
      for (const mistake of mistakes) io.err.put(`assay: ${manyLines(mistake)}\n`);
      return mistakes.length ? exitCode.usage : undefined;
    });
};

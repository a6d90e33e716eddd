// assay completion bash | zsh | fish
import { Argument } from 'commander';
import type { Define } from '../command.ts';
import { completionScript, type Shell, shells } from '../completion.ts';

export const define: Define = (command, io) => {
  command
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .example('source <(assay completion bash)', 'in ~/.bashrc')
    .example('assay completion zsh > ~/.zfunc/_assay', 'once, for zsh; ~/.zfunc is in your fpath')
    .example('assay completion fish > ~/.config/fish/completions/assay.fish', 'once, for fish')
    .does(io, async (shell: Shell) => {
      const { wholeProgram } = await import('../program.ts');
      await io.out.write(completionScript(await wholeProgram(io), shell));
      return undefined;
    });
};

// assay env
import { InvalidInput, Transient } from '@assay/contracts/errors';
import { Option } from 'commander';
import type { Define } from '../command.ts';
import { homeFolder, readInstance } from '../connection.ts';
import { toJson } from '../terminal-text.ts';

export const define: Define = (command, io) => {
  command
    .addOption(new Option('-o, --output <format>', 'for which reader').choices(['sh', 'fish', 'json']).default('sh'))
    .example('eval "$(assay env)"', 'sets the variables in this shell')
    .example(
      'curl -H @"$ASSAY_AUTH_HEADER" "$ASSAY_URL/api/v1/findings"',
      'then this works; the token is not on the command line',
    )
    .does(io, async (options: { output: string }) => {
      const instance = await readInstance(io.env);
      if (!instance)
        throw new Transient(`no platform runs from ${homeFolder(io.env)}: start it with \`npm start\``, {
          code: 'env.not-running',
        });
      const variables = Object.entries({
        ASSAY_URL: instance.url,
        ASSAY_TOKEN_FILE: instance.tokenFile,
        NATS_URL: instance.natsUrl,
        ASSAY_AUTH_HEADER: instance.authHeaderFile ?? '',
      }).filter(([, value]) => value !== '');
      if (options.output === 'json') await io.out.line(toJson(Object.fromEntries(variables)));
      else for (const [name, value] of variables) await io.out.line(assignment(options.output, name, value));
      return undefined;
    });
};

function assignment(shell: string, name: string, value: string): string {
  if (/[\0-\x1f\x7f]/.test(value))
    throw new InvalidInput(`${name} holds a control character; remove run/instance.json and start again`, {
      code: 'env.value',
    });
  if (shell === 'fish') return `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}';`;
  return `export ${name}='${value.replaceAll("'", "'\\''")}'`;
}

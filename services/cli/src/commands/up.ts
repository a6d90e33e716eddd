// assay up
import { Option } from 'commander';
import { type Define, integer } from '../command.ts';
import { exitCode } from '../exit-codes.ts';
import { oneLine } from '../terminal-text.ts';

interface UpOptions {
  port?: number;
  natsPort?: number;
}

export const define: Define = (command, io) => {
  command
    .addOption(
      new Option('--port <number>', 'of the gateway; default ASSAY_GATEWAY_PORT or 7077; 0: any').argParser(
        integer(0, 65_535),
      ),
    )
    .addOption(
      new Option('--nats-port <number>', 'of nats-server; default ASSAY_NATS_PORT or 7422; 0: any').argParser(
        integer(0, 65_535),
      ),
    )
    .example('assay up', 'every service and a nats-server in this one process, until Ctrl-C')
    .does(io, async (options: UpOptions) => {
      const { startPlatform } = await import('../up/platform.ts');
      const { serve } = await import('../up/serve.ts');
      const platform = await startPlatform({
        env: io.env,
        ...(options.port === undefined ? {} : { gatewayPort: options.port }),
        ...(options.natsPort === undefined ? {} : { natsPort: options.natsPort }),
        onProgress: (line) => io.err.put(`${oneLine(line)}\n`),
      });
      await serve(io, platform);
      return exitCode.ok;
    });
};

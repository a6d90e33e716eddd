// assay doctor
import { createRequire } from 'node:module';
import { type Define, outputOption } from '../command.ts';
import { readInstance } from '../connection.ts';
import { broken, type Diagnosis, ok } from '../doctor/check.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { print } from '../listing.ts';
import type { Column } from '../table.ts';

const columns: readonly Column<Diagnosis>[] = [
  { title: 'CHECK', value: ({ name }) => name },
  {
    title: 'STATE',
    value: ({ status }) => status,
    style: ({ status }) => (({ ok: 'green', optional: 'yellow', repair: 'red' }) as const)[status],
  },
  { title: 'WHAT WAS SEEN, AND WHAT TO DO', value: ({ detail, repair }) => (repair ? `${detail}. ${repair}` : detail) },
];

export const define: Define = (command, io) => {
  command
    .addOption(outputOption())
    .example('assay doctor', 'exit code 1 when something must be repaired; a missing scanner is optional')
    .does(io, async (options: { output: string }) => {
      const diagnoses = await examine(io);
      await print(io, diagnoses, { format: options.output, columns, empty: '' });
      const repairs = diagnoses.filter(({ status }) => status === 'repair').length;
      if (options.output === 'table')
        await io.out.line(repairs ? `\n${repairs} to repair` : '\neverything that is needed is here');
      return repairs ? exitCode.findings : undefined;
    });
};

async function examine(io: Io): Promise<Diagnosis[]> {
  const machine = await import('../doctor/machine.ts');
  const platform = await import('../doctor/platform.ts');
  const require = createRequire(import.meta.url);
  const { dependencies } = require('../../package.json') as { dependencies: Record<string, string> };
  const instance = await readInstance(io.env);
  const needed = [
    machine.checkNode(process.versions.node),
    machine.checkPackages(Object.keys(dependencies), (name) => import.meta.resolve(name)),
  ];
  // What follows needs the packages.
  if (needed.some(({ status }) => status === 'repair')) return needed;
  return [
    ...needed,
    ...(await settings(io)),
    await machine.checkNatsServer(io.env),
    await machine.checkHome(io.env),
    await machine.checkDisk(io.env),
    await machine.checkPort('gateway', 'ASSAY_GATEWAY_PORT', Number(io.env['ASSAY_GATEWAY_PORT'] || 7077), instance),
    await machine.checkPort('nats-server', 'ASSAY_NATS_PORT', Number(io.env['ASSAY_NATS_PORT'] || 7422), instance),
    ...(await platform.checkGateway(io.env, instance, io.signal)),
    ...(await machine.toolDiagnoses(io.env)),
  ];
}

async function settings(io: Io): Promise<Diagnosis[]> {
  const { services } = await import('../up/services.ts');
  const { mistakesIn } = await import('../settings.ts');
  const { readSharedConfig } = await import('@assay/runtime');
  const { checkStore } = await import('../doctor/platform.ts');
  const mistakes = mistakesIn(services, io.env).map((mistake) => broken('settings', mistake, 'see: assay config'));
  if (mistakes.length) return mistakes;
  return [ok('settings', 'every ASSAY_ variable is known'), await checkStore(readSharedConfig(io.env).storeUrl)];
}

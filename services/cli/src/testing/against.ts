// The command line against a scripted gateway: what it does, and exactly which requests it makes.
import { type Ran, type RunOptions, runCli } from './run-cli.ts';
import { type Exchange, type Received, scriptedGateway } from './scripted-gateway.ts';

/** Fails when other requests came than the script has. */
export async function against(
  script: readonly Exchange[],
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Ran & { received: Received[] }> {
  await using gateway = await scriptedGateway(script);
  const env = { ASSAY_URL: gateway.url, ASSAY_TOKEN: 'secret', ...options.env };
  const ran = await runCli(argv, { ...options, env });
  await gateway.finish();
  return { ...ran, received: gateway.received };
}

/** An answer that refuses. */
export function problem(status: number, detail: string): Omit<Exchange, 'request'> {
  return { status, answer: { title: 'No', status, detail } };
}

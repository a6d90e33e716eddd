// What `assay pipeline run` does: asks the platform for a run of a pipeline's folder.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { openPlatform } from '../open-platform.ts';
import { pipelineRequest } from '../pipeline-request.ts';
import { checkComponents, platformComponents } from '../platform-components.ts';
import { requestRun } from '../request-run.ts';
import type { StepArgument } from '../steps.ts';
import { sourceOf } from '../upload-source.ts';
import { type FindFlags, loadNoted } from './find-flags.ts';

export interface RunFlags extends FindFlags {
  param?: Record<string, string>;
  paramsFile?: string;
  source?: string;
  sourceUrl?: string;
  upload?: boolean;
  target?: string;
  revision?: string;
  step?: StepArgument[];
  follow?: boolean;
  limit: number;
  output: string;
}

const paramsSchema = z.record(
  z.string(),
  z.union([
    z.string(),
    z.number().transform(String),
    z.boolean().transform(String),
    z.array(z.string()),
    z.record(z.string(), z.string()),
  ]),
);

export async function runPipeline(io: Io, folder: string, flags: RunFlags): Promise<ExitCode | undefined> {
  const { checkParams } = await import('@assay/pipeline');
  const pipeline = await loadNoted(io, folder, flags);
  const given = { ...(await fromFile(io, flags.paramsFile)), ...flags.param };
  const read = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, listed(value)]));
  const mistakes = checkParams(pipeline.components, { ...pipeline.params, ...read });
  if (mistakes.length > 0) throw new InvalidInput(mistakes.join('\n'), { code: 'run.params' });
  const target = flags.target ?? (flags.source ? undefined : flags.sourceUrl);
  const request = await pipelineRequest(pipeline, {
    ...flags,
    // On the wire a param is text; Tekton writes lists and objects as JSON too.
    param: Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    ),
    ...(target ? { target } : {}),
    ...(flags.source ? { source: resolve(io.cwd, flags.source) } : {}),
  });
  const known = await platformComponents(io);
  if (known) await checkComponents(pipeline, known);
  await using platform = await openPlatform(io);
  const { sourcePath, ...rest } = request;
  const asked = {
    ...rest,
    ...(sourcePath ? await sourceOf(platform.client, sourcePath, flags) : {}),
    ...(flags.sourceUrl ? { sourceUrl: flags.sourceUrl } : {}),
  };
  // Awaited here: the platform ends with this block.
  return await requestRun(io, platform.client, asked, {
    output: flags.output,
    limit: flags.limit,
    follow: flags.follow ?? false,
  });
}

async function fromFile(io: Io, file: string | undefined): Promise<z.output<typeof paramsSchema>> {
  if (file === undefined) return {};
  try {
    return paramsSchema.parse(parse(await readFile(resolve(io.cwd, file), 'utf8'), { maxAliasCount: 20 }));
  } catch (cause) {
    throw new InvalidInput(
      `${file} is no file of params; give a mapping of names to texts, lists or mappings of texts`,
      {
        code: 'run.params-file',
        cause,
      },
    );
  }
}

// "[…]" and "{…}" of a flag are the list or mapping that they say.
function listed(value: z.output<typeof paramsSchema>[string]) {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return z.union([z.array(z.string()), z.record(z.string(), z.string())]).parse(JSON.parse(value));
  } catch {
    return value;
  }
}

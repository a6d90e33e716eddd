// What is asked of the platform for a pipeline folder: its components by name, and the values of its params.
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { Pipeline } from '@assay/pipeline';
import type { RunRequest } from './request-run.ts';
import type { StepArgument } from './steps.ts';
import { targetNameOf } from './target-name.ts';

export interface PipelineChoices {
  /** Absolute. */
  source?: string;
  target?: string;
  revision?: string;
  param?: Record<string, string>;
  step?: StepArgument[];
}

export async function pipelineRequest(pipeline: Pipeline, choices: PipelineChoices): Promise<RunRequest> {
  const source =
    choices.source === undefined
      ? undefined
      : await realpath(choices.source).catch((cause: unknown) => {
          throw new InvalidInput(`${choices.source} cannot be read; give a folder that is there`, {
            code: 'run.source',
            cause,
          });
        });
  const target = choices.target ?? (source === undefined ? undefined : await targetNameOf(source));
  if (target === undefined)
    throw new InvalidInput('say what to scan: give --source FOLDER, --target NAME or both', { code: 'run.target' });
  // On the wire a param is text; Tekton writes lists and objects as JSON too.
  const values = Object.entries(pipeline.params).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return {
    pipeline: pipeline.name || basename(pipeline.folder),
    components: pipeline.components.map(({ name }) => name),
    params: { ...Object.fromEntries(values), ...choices.param },
    ...(source === undefined ? {} : { sourcePath: source }),
    target,
    ...(choices.revision ? { revision: choices.revision } : {}),
    ...(choices.step ? { steps: choices.step } : {}),
  };
}

// Which tasks have something to scan, for the `when` of each.

import { stat } from 'node:fs/promises';
import { InvalidInput } from '@assay/contracts/errors';
import { appliesTo } from '@assay/pipeline';
import { z } from 'zod';

const schema = z.record(z.string().max(63), z.array(z.string().max(1024)).max(256));

/** `text`: JSON, globs of each task by its name. Throws InvalidInput "source.applies-to" for anything else. */
export async function whichApply(text: string, folder: string): Promise<string[]> {
  const tasks = Object.entries(parse(text));
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new InvalidInput(`there is no folder ${folder} to scan`, { code: 'source.folder' });
  if (tasks.length === 0) return [];
  const applies = await appliesTo(
    folder,
    tasks.map(([, globs]) => globs),
  );
  return tasks.flatMap(([name], index) => (applies[index] ? [name] : []));
}

function parse(text: string): z.output<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new InvalidInput('what tasks apply to must be JSON like {"gosec":["**/*.go"]}', {
      code: 'source.applies-to',
      cause,
    });
  }
}

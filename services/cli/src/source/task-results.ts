// Results of a Tekton task. The kubelet hands a container's last words on in 4096 bytes, and Tekton puts all results of a
// task in there: too many, and the task fails without a word of why.
import { writeFile } from 'node:fs/promises';
import { InvalidInput } from '@assay/contracts/errors';

/** What is left of 4096 bytes when Tekton has said when the step began and how it ended. */
const maxBytes = 3840;

export interface TaskResult {
  readonly name: string;
  readonly value: string | readonly string[];
  /** Where Tekton looks for it; undefined: nobody asked. */
  readonly file: string | undefined;
}

/** Throws InvalidInput "source.results", and writes nothing, when they are too long. */
export async function writeResults(results: readonly TaskResult[]): Promise<void> {
  const wanted = results.flatMap(({ name, value, file }) =>
    file === undefined ? [] : [{ name, file, text: typeof value === 'string' ? value : JSON.stringify(value) }],
  );
  const sizes = wanted.map(({ name, text }) => Buffer.byteLength(JSON.stringify({ key: name, value: text, type: 1 })));
  const size = sizes.reduce((sum, bytes) => sum + bytes + 1, 0);
  if (size > maxBytes) {
    const largest = wanted[sizes.indexOf(Math.max(...sizes))]?.name;
    throw new InvalidInput(
      `the results take ${size} bytes, and Tekton has room for ${maxBytes}; the largest is "${largest}": make the pipeline smaller`,
      { code: 'source.results' },
    );
  }
  for (const { file, text } of wanted) await writeFile(file, text);
}

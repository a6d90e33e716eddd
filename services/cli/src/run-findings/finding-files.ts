// The forms in which a program is given findings and gives them back.
import type { Batch } from '@assay/contracts';
import { draconFiles } from './dracon-files.ts';
import { jsonLines } from './json-lines.ts';
import type { Said } from './said.ts';

export interface FindingWriter {
  write(batch: Batch): Promise<void>;
  /** Ends every file. */
  close(): Promise<void>;
}

export interface WriteOptions {
  /** Where the files go; it is there. */
  folder: string;
  run: string;
  /** The findings passed every step; otherwise they wait for one. */
  isEnriched: boolean;
}

export interface FindingFiles {
  open(options: WriteOptions): Promise<FindingWriter>;
  /** What a program left in a folder or file. Throws InvalidInput "run-findings.*", naming the file and the place. */
  read(path: string, step: string): AsyncIterable<Said>;
}

export const formats: Readonly<Record<string, FindingFiles>> = { jsonl: jsonLines, dracon: draconFiles };

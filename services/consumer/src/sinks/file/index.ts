// Items in a file: JSON lines appended, or a SARIF log of what is open now. Only inside the consumer's own folder.
import { z } from 'zod';
import { defineSink } from '../../sink.ts';
import { openLines } from './append-lines.ts';
import { confine } from './confined-path.ts';
import { holdLock } from './hold-lock.ts';
import { openSarif } from './write-sarif.ts';

const config = z.strictObject({
  path: z.string().min(1).max(512).describe('Relative to ASSAY_CONSUMER_FILES_ROOT'),
  format: z.enum(['jsonl', 'sarif']).default('jsonl').describe('Lines appended, or a log of what is open now'),
  maxBytes: z
    .number()
    .int()
    .min(4096)
    .optional()
    .describe('jsonl: size from which a new file is begun. Bytes; default: never'),
  keep: z.number().int().min(0).max(100).default(5).describe('jsonl: old files kept, as <path>.1 and so on'),
  maxFindings: z.number().int().min(1).max(100_000).default(20_000).describe('sarif: most findings of the file'),
});

export const file = defineSink({
  type: 'file',
  summary: 'JSON lines, each item once, or a SARIF log of the findings that are open.',
  config,
  batchSize: 4096,
  open: async ({ path, format, maxBytes, keep, maxFindings }, _secrets, context) => {
    const confined = await confine(context.filesRoot, path);
    const lock = await holdLock(`${confined}.lock`);
    try {
      const sink =
        format === 'sarif'
          ? await openSarif({ path: confined, maxFindings }, context)
          : await openLines({ path: confined, maxBytes, keep }, context);
      return { deliver: (items, info) => sink.deliver(items, info), close: () => sink.close().finally(lock.release) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  },
});

// Items on standard output: a JSON line each, or a short line for people.
import type { Writable } from 'node:stream';
import { Transient } from '@assay/contracts';
import { z } from 'zod';
import { defineSink, type SinkItem } from '../../sink.ts';

const config = z.strictObject({
  format: z.enum(['jsonl', 'text']).default('jsonl').describe('A JSON line or a short line for each'),
});

export const stdout = defineSink({
  type: 'stdout',
  summary: 'Lines on the standard output of the consumer.',
  config,
  batchSize: 256,
  open: async ({ format }, _secrets, { stdout: output }) => ({
    deliver: (items) => write(output, items.map(format === 'text' ? textLine : jsonLine).join('')),
    close: async () => {},
  }),
});

function jsonLine({ finding, event, data }: SinkItem): string {
  const { order: _, ...attributes } = event;
  return `${JSON.stringify(finding ?? { ...attributes, data })}\n`;
}

function textLine({ finding, event }: SinkItem): string {
  if (!finding) return `${printable(`${event.time} ${event.subject}`)}\n`;
  const where = finding.path ? `${finding.path}${finding.startLine ? `:${finding.startLine}` : ''}` : finding.purl;
  const parts = [finding.transition, finding.severity, finding.tool, finding.rule, where ?? finding.target];
  return `${printable(`${parts.filter(Boolean).join(' ')} ${finding.title}`)}\n`;
}

// A title is written by strangers: it must not move the cursor or forge another line.
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function write(output: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (cause) => {
      if (!cause) resolve();
      else reject(new Transient('standard output takes nothing', { code: 'sink.stdout', cause }));
    });
  });
}

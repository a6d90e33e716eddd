import { findingReported, reportParsed, reportSubmitted } from '@assay/contracts';
import { defineService, on } from '@assay/runtime';
import { z } from 'zod';
import { parseReport } from './parse-report.ts';
import { Redactor } from './redact.ts';

export const producer = defineService({
  name: 'producer',
  summary: "Turns a tool's raw report into findings, streaming.",
  config: z.object({
    maxReportBytes: z.coerce
      .number()
      .int()
      .min(1024)
      .default(2 * 1024 ** 3)
      .describe('Longest report that is read. Bytes'),
  }),
  subscribes: [on(reportSubmitted, parseReport)],
  publishes: [findingReported, reportParsed],
  start: async (host) => ({ resources: { redactor: new Redactor(host.shared.identityKey) } }),
});

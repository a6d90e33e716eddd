// Hands a report to the gateway as a stream, whatever its size.
import { randomUUID } from 'node:crypto';
import type { Client } from './client.ts';
import type { ReportInput } from './report-input.ts';
import { type StepArgument, stepText } from './steps.ts';
import { withOwners } from './with-owners.ts';

export interface SubmitOptions {
  format: string;
  target?: string;
  kind?: string;
  revision?: string;
  run?: string;
  task?: string;
  scope?: string;
  sourceRoot?: string;
  tool?: string;
  partial?: string | true;
  step?: StepArgument[];
  idempotencyKey?: string;
}

export interface Submitted {
  reportId: string;
  runId: string;
  digest: string;
  size: number;
}

export async function submitReport(client: Client, report: ReportInput, options: SubmitOptions): Promise<Submitted> {
  const { step: asked, idempotencyKey, partial, ...fields } = options;
  const step = asked && (await withOwners(client, asked, options.sourceRoot));
  return client.request<Submitted>('POST', '/api/v1/reports', {
    query: {
      ...fields,
      ...(partial === undefined ? {} : { partial: partial === true ? 'true' : partial }),
      ...(step ? { step: step.map(stepText) } : {}),
    },
    headers: {
      'content-type': 'application/octet-stream',
      // The gateway takes the same key once: an answer that got lost does not make two reports.
      'idempotency-key': idempotencyKey ?? randomUUID(),
    },
    body: () => report.open(),
    isRepeatable: report.isRepeatable,
    // As long as it takes: a large report over a thin line is no error.
    timeoutMs: 0,
  });
}

// Findings: what the ledger remembers.
import { InvalidInput, severityNames, transitionNames } from '@assay/contracts';
import type { FindingQuery } from '@assay/store';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { type App, defined, listOf, page, text } from '../zod-provider.ts';

const query = z.strictObject({
  target: text().optional(),
  tool: text(128).optional(),
  rule: text(512).optional(),
  state: z.enum(['open', 'fixed', 'suppressed']).optional(),
  severity: listOf(severityNames.all).optional().describe('Names, separated by commas'),
  run: text(128).optional().describe('Findings that this run saw, with the transition they had in it'),
  transition: listOf(transitionNames.all).optional().describe('Names, separated by commas'),
  path: text(4096).optional().describe('Start of the path'),
  ...page,
});

const finding = z
  .looseObject({
    id: z.string(),
    target: z.string(),
    tool: z.string(),
    rule: z.string(),
    title: z.string(),
    severity: z.string(),
    state: z.string(),
    path: z.string().optional(),
    startLine: z.number().optional(),
    transition: z.string().optional(),
    firstSeen: z.string(),
    lastSeen: z.string(),
  })
  .describe('A finding; docs/findings.md has every member');

export const findingRoutes = (gateway: Gateway) => async (app: App) => {
  app.get(
    '/api/v1/findings',
    {
      config: { scope: 'finding:read' },
      schema: {
        tags: ['findings'],
        summary: 'List findings, worst first',
        querystring: query,
        response: { 200: z.object({ items: z.array(finding), next: z.string().optional() }) },
      },
    },
    async (request) => {
      const { severity, transition, ...rest } = request.query;
      return gateway.store.findings.list(
        defined({ ...rest, severities: severity, transitions: transition }) as FindingQuery,
      );
    },
  );

  app.get(
    '/api/v1/findings/:id',
    {
      config: { scope: 'finding:read' },
      schema: {
        tags: ['findings'],
        summary: 'Show a finding',
        description: 'By its id or a unique start of at least 8 digits; several targets may share one.',
        params: z.object({ id: z.string().regex(/^[0-9a-f]{8,32}$/, 'must be 8 to 32 hex digits') }),
        response: { 200: z.object({ items: z.array(finding) }) },
      },
    },
    async (request) => {
      const items = await gateway.store.findings.get(request.params.id);
      if (items.length === 0)
        throw new InvalidInput(`there is no finding ${request.params.id}`, { code: 'finding.missing' });
      return { items };
    },
  );
};

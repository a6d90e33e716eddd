// /openapi.json and /docs, from the routes' own schemas.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import type { App } from './zod-provider.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('What is wrong and what to do'),
    code: z.string().describe('Stable and dotted, e.g. "report.empty"'),
    instance: z.string(),
  })
  .describe('Problem details (RFC 9457), application/problem+json');

export async function describeApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Assay',
        version: '1',
        description:
          'Reports and events in; findings, runs and events out. Errors are problem details (RFC 9457). Every call but the open ones needs `Authorization: Bearer …`.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: ({ schema, url, route }) => ({ schema: jsonSchemaOf(schema ?? {}, route.config?.scope), url }),
  });
}

export async function serveApiDescription(app: App): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true }, config: { scope: 'open' } }, async () => app.swagger());
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: true } });
}

function jsonSchemaOf(schema: FastifySchema, scope: string | undefined): FastifySchema {
  const parts = Object.entries(schema).map(([part, given]) => {
    if (part === 'response') {
      const answers = Object.entries(given as Record<string, unknown>).map(([status, each]) => [
        status,
        toJson(each, 'output'),
      ]);
      return [part, { ...Object.fromEntries(answers), default: toJson(problem, 'output') }];
    }
    return [part, toJson(given, 'input')];
  });
  const isOpen = scope === undefined || scope === 'open' || scope === 'signed';
  const needs = isOpen ? {} : { security: [{ token: [] }] };
  const note = isOpen ? {} : { description: `Scope: \`${scope}\`. ${described(schema)}`.trim() };
  return { ...Object.fromEntries(parts), ...needs, ...note };
}

function described(schema: FastifySchema): string {
  return (schema as { description?: string }).description ?? '';
}

function toJson(schema: unknown, io: 'input' | 'output'): unknown {
  if (!(schema instanceof z.ZodType)) return schema;
  const { $schema, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}

// Tokens: made once, shown once, kept as hashes.
import { randomBytes } from 'node:crypto';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { hashToken, scopes } from '../auth.ts';
import type { Gateway } from '../gateway.ts';
import type { App } from '../zod-provider.ts';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be 1 to 63 characters of a-z, 0-9, ".", "_" and "-"');
const facts = z.object({
  name,
  scopes: z.array(z.string()),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
});

export const tokenRoutes = (gateway: Gateway) => async (app: App) => {
  const { tokens } = gateway.store;
  const config = { scope: '*' } as const;

  app.post(
    '/api/v1/tokens',
    {
      config,
      schema: {
        tags: ['tokens'],
        summary: 'Make a token; the answer is the only time it is shown',
        body: z.strictObject({
          name,
          scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
          expiresAt: z.iso.datetime({ offset: true }).optional(),
        }),
        response: { 201: facts.extend({ token: z.string() }) },
      },
    },
    async (request, reply) => {
      const { expiresAt, ...wanted } = request.body;
      if (expiresAt !== undefined && Date.parse(expiresAt) <= gateway.now().getTime())
        throw new InvalidInput('expiresAt is in the past', { code: 'token.expiry' });
      if ((await tokens.list()).some((each) => each.name === wanted.name))
        throw new InvalidInput(`there is a token ${wanted.name} already; delete it or take another name`, {
          code: 'token.exists',
        });
      const token = `assay_${randomBytes(32).toString('base64url')}`;
      const stored = {
        ...wanted,
        createdAt: gateway.now().toISOString(),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
      await tokens.put({ ...stored, hash: hashToken(token) });
      return reply.code(201).send({ ...stored, token });
    },
  );

  app.get(
    '/api/v1/tokens',
    {
      config,
      schema: { tags: ['tokens'], summary: 'List tokens', response: { 200: z.object({ items: z.array(facts) }) } },
    },
    async () => ({ items: (await tokens.list()).map(({ hash, ...shown }) => shown) }),
  );

  app.delete(
    '/api/v1/tokens/:name',
    {
      config,
      schema: {
        tags: ['tokens'],
        summary: 'Withdraw a token',
        params: z.object({ name }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      if (!(await tokens.delete(request.params.name)))
        throw new InvalidInput(`there is no token ${request.params.name}`, { code: 'token.missing' });
      return reply.code(204).send();
    },
  );
};

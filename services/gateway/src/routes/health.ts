// Health and metrics, on the gateway's own port.
import { explain } from '@assay/contracts';
import type { FastifyRequest } from 'fastify';
import { authorize } from '../auth.ts';
import type { Gateway } from '../gateway.ts';
import type { App } from '../zod-provider.ts';

/** The checks behind /readyz, by name. */
export function readinessChecks(gateway: Pick<Gateway, 'bus' | 'store'>): Record<string, () => Promise<void>> {
  return { bus: () => gateway.bus.ping(), store: () => gateway.store.ping() };
}

export const healthRoutes = (gateway: Gateway) => async (app: App) => {
  const open = { config: { scope: 'open' }, schema: { hide: true } } as const;

  app.get('/healthz', open, async () => ({ service: 'gateway', status: 'ok' }));

  app.get('/readyz', open, async (request, reply) => {
    const failures: Record<string, string> = {};
    const checks = Object.entries(readinessChecks(gateway));
    await Promise.all(
      checks.map(([name, check]) =>
        check().catch((error: unknown) => {
          // Addresses and the like are for the log; anybody may ask here.
          request.log.warn({ check: name, err: explain(error) }, 'not ready');
          failures[name] = 'cannot be reached';
        }),
      ),
    );
    const isReady = Object.keys(failures).length === 0;
    return reply
      .code(isReady ? 200 : 503)
      .send({ service: 'gateway', status: isReady ? 'ready' : 'not ready', failures });
  });

  app.get('/metrics', { ...open, config: { scope: 'own' } }, async (request, reply) => {
    if (!isLocal(request)) authorize(request.principal, 'metrics:read');
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send((await gateway.metrics?.()) ?? '');
  });
};

// A proxy on this machine speaks for others; so does a browser whose page has a name that was made to lead here.
function isLocal(request: FastifyRequest): boolean {
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip'].some((name) => request.headers[name] !== undefined);
  const isOwnName = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '');
  return !isForwarded && isOwnName && /^(127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '');
}

// The HTTP server: what holds for every route, then the routes.
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { InvalidInput } from '@assay/contracts';
import { contextFrom, failSpan, startSpan } from '@assay/runtime';
import rateLimit from '@fastify/rate-limit';
import { fastify, LogController } from 'fastify';
import { authorize, nobody, type Principal, principalOf, type Scope } from './auth.ts';
import type { Gateway } from './gateway.ts';
import { parseJson } from './json.ts';
import { describeApi, serveApiDescription } from './openapi.ts';
import { intakeCheck } from './pressure.ts';
import { problemOf, sendProblem } from './problem.ts';
import { refuseEncoded } from './raw-body.ts';
import { routes } from './routes/index.ts';
import { cutOffIdle, cutOffUnread, limitConnections, networkOf } from './slow-clients.ts';
import { type App, parseWithZod, type ZodProvider } from './zod-provider.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: somebody on every route that needs a scope, else perhaps nobody. */
    principal: Principal;
    /** Of a request that takes in work: the trace that its events belong to. */
    span: ReturnType<typeof startSpan> | null;
  }
  interface FastifyInstance {
    /** What each route needs, by "METHOD /path". */
    routeScopes: Map<string, string>;
  }
  interface FastifyContextConfig {
    /** What a token must have; "open": anybody; "own": the route decides; "signed": no token, the body proves itself. */
    scope?: Scope | 'open' | 'own' | 'signed';
    /** Takes in work: refused while the platform is too far behind. */
    isIntake?: boolean;
  }
}

/** How long a stopping gateway waits for requests that are under way. Milliseconds. */
const drainMs = 10_000;
/** Longest body of a route that says nothing else. Bytes. */
const bodyLimit = 256 * 1024;

export async function buildServer(gateway: Gateway): Promise<App> {
  const app: App = fastify({
    loggerInstance: gateway.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit,
    requestTimeout: gateway.config.requestTimeoutMs,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: sendProblem,
    http: { connectionsCheckingInterval: 2000 },
    clientErrorHandler: refuseNonHttp,
  }).withTypeProvider<ZodProvider>();
  app.server.headersTimeout = 15_000;
  watchSilent(app);
  limitConnections(app.server, gateway.config);
  app.setValidatorCompiler(parseWithZod);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(sendProblem);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async ({ headers }: { headers: IncomingHttpHeaders }, body: Buffer) => {
      refuseEncoded(headers);
      return body.length === 0 ? undefined : parseJson(body, 'the body');
    },
  );
  app.decorateRequest('principal', { getter: () => nobody });
  app.decorateRequest('span', null);
  app.decorate('routeScopes', new Map<string, string>());

  app.addHook('onRoute', (route) => {
    // The pages of /docs come from a plugin that knows no scopes.
    if (/^\/docs(\/|$)/.test(route.url)) route.config = { ...route.config, scope: 'open' };
    const scope = route.config?.scope;
    // Not to be left out by mistake: what nobody guards is not started.
    if (scope === undefined) throw new Error(`route ${route.url} does not say which scope it needs`);
    for (const method of [route.method].flat()) app.routeScopes.set(`${method} ${route.url}`, scope);
  });
  await guard(app, gateway);
  await describeApi(app);
  for (const register of routes) await app.register(register(gateway));
  await serveApiDescription(app);
  return app;
}

/** Requests that are under way may end; those that take too long are cut off. */
export async function closeServer(app: App, patienceMs = drainMs): Promise<void> {
  const deadline = Date.now() + patienceMs;
  const sweep = setInterval(() => {
    if (Date.now() >= deadline) app.server.closeAllConnections();
    app.server.closeIdleConnections();
    // Browsers connect ahead of their requests; Node does not call that idle.
    for (const socket of silent.get(app) ?? []) socket.destroy();
  }, 100);
  await app.close();
  clearInterval(sweep);
}

/** Connections that no request came on so far. */
const silent = new WeakMap<object, Set<Socket>>();

function watchSilent(app: App): void {
  const sockets = new Set<Socket>();
  silent.set(app, sockets);
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  app.server.on('request', ({ socket }) => sockets.delete(socket));
}

async function guard(app: App, gateway: Gateway): Promise<void> {
  const principals = new WeakMap<object, Principal>();
  const checkIntake = intakeCheck(gateway.isOverloaded, gateway.now);
  await app.register(rateLimit, {
    global: false,
    max: gateway.config.requestsPerMinute,
    timeWindow: '1 minute',
    cache: 10_000,
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    // By token, so that tenants behind one address do not starve each other; strangers by address.
    keyGenerator: (request) => principals.get(request)?.name ?? `address:${networkOf(request.ip)}`,
    errorResponseBuilder: (_, { after }) =>
      Object.assign(new Error(`too many requests; try again in ${after}`), { statusCode: 429 }),
  });
  const limitRate = app.rateLimit();

  app.addHook('onRequest', async (_, reply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  });
  app.addHook('onRequest', async (request) => {
    const { authorization } = request.headers;
    // What is open stays so when the store is away.
    const isOpen = ['open', 'signed'].includes(request.routeOptions.config.scope ?? '');
    const principal =
      authorization === undefined || isOpen
        ? undefined
        : await principalOf(authorization, {
            tokens: gateway.store.tokens,
            bootstrapHash: gateway.bootstrapHash,
            runTokenKey: gateway.runTokenKey,
            now: gateway.now,
          });
    if (principal) principals.set(request, principal);
  });
  app.addHook('onRequest', limitRate);
  app.addHook('onRequest', async (request) => {
    const { scope, isIntake } = request.routeOptions.config;
    const principal = principals.get(request);
    Object.defineProperty(request, 'principal', { value: principal ?? nobody });
    if (scope !== undefined && scope !== 'open' && scope !== 'own' && scope !== 'signed') authorize(principal, scope);
    if (!isIntake) return;
    const { method, headers } = request;
    const route = request.routeOptions.url ?? '';
    const facts = { 'http.request.method': method, 'http.route': route };
    const trace = typeof headers.traceparent === 'string' ? headers.traceparent : undefined;
    request.span = startSpan(`${method} ${route}`, 'server', facts, contextFrom(trace));
    await checkIntake();
  });
  app.addHook('onResponse', async (request, reply) => {
    request.span?.setAttribute('http.response.status_code', reply.statusCode);
    if (request.span && reply.statusCode >= 500) failSpan(request.span, `HTTP ${reply.statusCode}`);
    request.span?.end();
    const facts = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
    };
    request.log.debug({ ...facts, ms: Math.round(reply.elapsedTime), who: request.principal.name }, 'request handled');
  });
  app.addHook('onRequestAbort', async (request) => request.span?.end());
  app.addHook('onRequest', async ({ raw }) => cutOffIdle(raw, gateway.config.bodyIdleMs));
  app.addHook('onSend', async ({ raw }, reply) => cutOffUnread(raw, reply.raw, gateway.config.bodyIdleMs));
  app.setNotFoundHandler({ preHandler: [] }, (request, reply) =>
    sendProblem(
      new InvalidInput(`there is no ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 200)}; see /docs`, {
        code: 'route.missing',
      }),
      request,
      reply,
    ),
  );
}

// What is not HTTP never becomes a request, so it is answered on the socket.
function refuseNonHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const refusal = Object.assign(new Error('the request is not HTTP/1.1 as it should be, too long or too slow'), {
    statusCode: status,
  });
  const body = JSON.stringify(problemOf(refusal, randomUUID()).problem);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

// /healthz, /readyz and /metrics of a service that runs alone.
import { createServer } from 'node:http';
import { InvalidInput } from '@assay/contracts';
import type { RunningService } from './start-service.ts';
import { metricsText } from './telemetry.ts';

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

export async function serveHealth(
  service: Pick<RunningService, 'name' | 'notReady'>,
  host: string,
  port: number,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const answer = async () => {
      if (request.url === '/healthz')
        return send(200, 'application/json', JSON.stringify({ service: service.name, status: 'ok' }));
      if (request.url === '/metrics') return send(200, 'text/plain; version=0.0.4; charset=utf-8', await metricsText());
      if (request.url !== '/readyz')
        return send(404, 'application/json', JSON.stringify({ detail: 'try /healthz, /readyz or /metrics' }));
      const failures = await service.notReady();
      const isReady = Object.keys(failures).length === 0;
      return send(
        isReady ? 200 : 503,
        'application/json',
        JSON.stringify({ service: service.name, status: isReady ? 'ready' : 'not ready', failures }),
      );
    };
    answer().catch(() => send(500, 'application/json', '{}'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const sentence =
        cause.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is in use: set ASSAY_HTTP_PORT to another one (0: any)`
          : `cannot listen on ${host}:${port}`;
      reject(new InvalidInput(sentence, { code: 'port.in-use', cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

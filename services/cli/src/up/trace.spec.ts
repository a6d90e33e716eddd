// One trace from submit to delivery, through the bus and every service, told to a collector over OTLP.
import { createServer } from 'node:http';
import { type Deployment, deploy } from '@assay/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

interface Told {
  service: string;
  name: string;
  traceId: string;
}

const told: Told[] = [];
const collector = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk;
  });
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    if (request.url === '/v1/traces') told.push(...spansOf(JSON.parse(body)));
  });
});
let deployment: Deployment;

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as { port: number };
  deployment = await deploy({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
  });
});
afterAll(async () => {
  await deployment?.stop();
  collector.closeAllConnections();
  collector.close();
});

function spansOf(json: unknown): Told[] {
  const { resourceSpans } = json as {
    resourceSpans: {
      resource: { attributes: { key: string; value: { stringValue?: string } }[] };
      scopeSpans: { spans: { name: string; traceId: string }[] }[];
    }[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) => spans.map(({ name, traceId }) => ({ service, name, traceId })));
  });
}

it('follows a report from the client to a sink', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { authorization: `Bearer ${deployment.token}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await fetch(`${deployment.url}/api/v1/sinks`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'traced',
      type: 'file',
      subject: 'assay.finding.changed.>',
      config: { path: 'traced.jsonl', format: 'jsonl' },
    }),
  });
  const report = {
    'Golang errors': {},
    GosecVersion: '2',
    Stats: { files: 1, lines: 1, nosec: 0, found: 1 },
    Issues: [
      {
        severity: 'HIGH',
        confidence: 'HIGH',
        rule_id: 'G104',
        details: 'Errors unhandled',
        file: '/src/a.go',
        code: '1: x',
        line: '1',
        column: '1',
      },
    ],
  };
  const response = await fetch(`${deployment.url}/api/v1/reports?format=gosec&target=traced`, {
    method: 'POST',
    headers,
    body: JSON.stringify(report),
  });
  expect(response.status).toBe(202);

  const bus = await deployment.nats.connect();
  const stopping = new AbortController();
  for await (const { headers: delivered } of bus.tail(['assay.delivery.finished.traced'], {
    start: 'all',
    signal: stopping.signal,
  })) {
    expect(delivered['traceparent']).toContain(traceId);
    break;
  }
  stopping.abort();

  const expected = ['producer', 'enricher', 'ledger', 'consumer'].map((name) => `assay-${name}`);
  const services = () => new Set(told.filter((span) => span.traceId === traceId).map(({ service }) => service));
  while (!expected.every((service) => services().has(service))) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(told.filter((span) => span.traceId === traceId).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['report.submitted process', 'finding.reported process', 'finding.enriched process']),
  );
});

// Submit → parsed and identified → enriched → remembered → delivered to a file sink, every stage a process, over
// JetStream with file storage and a sync for every message.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Deployment, deploy } from '@assay/testing';

export interface EndToEnd {
  findings: number;
  /** From the start of the upload to the last finding in the sink's file. */
  seconds: number;
  /** Peak resident memory of each service. Bytes. */
  memory: Record<string, number>;
}

export async function withDeployment<T>(work: (deployment: Deployment) => Promise<T>): Promise<T> {
  const deployment = await deploy({ syncAlways: true, env: { ASSAY_LOG_LEVEL: 'info' } });
  try {
    return await work(deployment);
  } finally {
    await deployment.stop();
  }
}

/** Submits a gosec report for a target and waits until every finding has been delivered. */
export async function measureEndToEnd(
  deployment: Deployment,
  report: string,
  target: string,
  findings: number,
): Promise<EndToEnd> {
  const sink = `bench-${target}`;
  const file = join(deployment.home, 'sinks', `${sink}.jsonl`);
  await call(deployment, 'POST', '/api/v1/sinks', {
    name: sink,
    type: 'file',
    subject: 'assay.finding.changed.>',
    start: 'new',
    config: { path: `${sink}.jsonl`, format: 'jsonl' },
  });
  await settled(deployment, sink);
  const started = performance.now();
  const query = new URLSearchParams({
    format: 'gosec',
    target,
    sourceRoot: '/workspace/source',
    step: 'annotate:team=bench',
  });
  const response = await fetch(`${deployment.url}/api/v1/reports?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${deployment.token}`, 'content-type': 'application/json' },
    body: Readable.toWeb(createReadStream(report)) as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`);
  await untilLines(file, findings);
  const seconds = (performance.now() - started) / 1000;
  await call(deployment, 'DELETE', `/api/v1/sinks/${sink}`);
  return { findings, seconds, memory: await peaks(deployment) };
}

async function call(deployment: Deployment, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${deployment.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${deployment.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

// A sink that starts at "new" must have its durable before the first finding.
async function settled(deployment: Deployment, sink: string): Promise<void> {
  const bus = await deployment.nats.connect();
  for (;;) {
    if (await bus.consumerState('assay-finding', `sink-${sink}-1`)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function untilLines(file: string, lines: number): Promise<void> {
  let seen = 0;
  let position = 0;
  for (;;) {
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (size > position) {
      for await (const chunk of createReadStream(file, { start: position, end: size - 1 })) {
        for (const byte of chunk as Buffer) if (byte === 10) seen++;
      }
      position = size;
    }
    if (seen >= lines) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function peaks(deployment: Deployment): Promise<Record<string, number>> {
  const entries = await Promise.all(
    deployment.services.map(async ({ name, pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return [name, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024] as const;
    }),
  );
  return Object.fromEntries(entries);
}

// Submit → parsed and identified → enriched → remembered → delivered to a file sink, every stage a process, over
// JetStream with file storage and a sync for every message.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text as consumed } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Deployment, deploy } from '@assay/testing';
import { cpuBetween, type Usage, usageOf } from './usage.ts';

export interface EndToEnd {
  findings: number;
  /** From the start of the upload to the last finding in the sink's file. */
  seconds: number;
  /** Processor time of each process during it. Seconds. */
  cpu: Record<string, number>;
  /** What each process used since it began. */
  usage: Record<string, Usage>;
}

/** NODE_OPTIONS of this process is handed on, so that `--cpu-prof --cpu-prof-dir=…` profiles every service. */
export function benchEnv(): Record<string, string> {
  const { NODE_OPTIONS } = process.env;
  // Leases and ack waits as they are by default; the deployments of specs have short ones.
  const defaults = { ASSAY_ACK_WAIT_MS: '30000', ASSAY_LEASE_MS: '15000' };
  return { ...defaults, ASSAY_LOG_LEVEL: 'info', ...(NODE_OPTIONS ? { NODE_OPTIONS } : {}) };
}

export async function withDeployment<T>(work: (deployment: Deployment) => Promise<T>): Promise<T> {
  const deployment = await deploy({ syncAlways: true, env: benchEnv() });
  try {
    return await work(deployment);
  } finally {
    await deployment.stop();
  }
}

/** Declares the file sink that deliveries are measured at; resolves with its file. */
export async function addSink(deployment: Deployment): Promise<string> {
  const spec = {
    name: 'bench',
    type: 'file',
    subject: 'assay.finding.changed.>',
    start: 'all',
    config: { path: 'bench.jsonl', format: 'jsonl' },
  };
  await call(deployment, 'POST', '/api/v1/sinks', spec);
  return join(deployment.home, 'sinks/bench.jsonl');
}

/** Submits a report for a target and waits until every finding has been delivered, `delivered` being there already. */
export async function measureEndToEnd(
  deployment: Deployment,
  work: { report: string; format: string; target: string; findings: number; file: string; delivered: number },
): Promise<EndToEnd> {
  const before = await usageOf(deployment);
  const started = performance.now();
  await submitReport(deployment, work);
  await untilLines(work.file, work.delivered, work.findings);
  const seconds = (performance.now() - started) / 1000;
  const usage = await usageOf(deployment);
  return { findings: work.findings, seconds, cpu: cpuBetween(before, usage), usage };
}

/**
 * Uploads a report; resolves when the gateway has taken it. By node:http: fetch and its web streams would take as much of
 * the processors that are measured as the gateway does.
 */
export async function submitReport(
  deployment: Deployment,
  work: { report: string; format: string; target: string },
): Promise<void> {
  const query = new URLSearchParams({
    format: work.format,
    target: work.target,
    sourceRoot: '/workspace/source',
    step: 'annotate:team=bench',
  });
  const upload = request(`${deployment.url}/api/v1/reports?${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${deployment.token}`,
      'content-type': 'application/json',
      prefer: 'respond-async',
    },
  });
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
  await pipeline(createReadStream(work.report, { highWaterMark: 256 * 1024 }), upload);
  const [response] = await answered;
  const text = await consumed(response);
  if (response.statusCode !== 202) throw new Error(`the gateway answered ${response.statusCode}: ${text}`);
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

// Counts from where the deliveries before ended, so that a second measurement does not read the first one's file again.
const positions = new Map<string, number>();

/** Waits until a file has that many more lines than before. */
export async function untilLines(file: string, delivered: number, wanted: number): Promise<void> {
  let position = delivered === 0 ? 0 : (positions.get(file) ?? 0);
  for (let seen = 0; seen < wanted; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (size === position) continue;
    const more = createReadStream(file, { start: position, end: size - 1, highWaterMark: 1024 * 1024 });
    for await (const chunk of more as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) seen++;
    }
    position = size;
  }
  positions.set(file, position);
}

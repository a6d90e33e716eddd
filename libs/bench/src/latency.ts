// How long one finding takes from its publish to the sink's file, on a system that does nothing else.
import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Bus } from '@assay/bus';

export interface Latency {
  p50: number;
  p99: number;
}

/** Submits reports of one finding each to the bus, one after the other. Milliseconds. */
export async function measureLatency(bus: Bus, file: string, times: number): Promise<Latency> {
  const samples: number[] = [];
  const growth = await watchGrowth(file);
  try {
    for (let index = 0; index < times; index++) {
      const payload = Buffer.from(JSON.stringify({ target: { name: 'latency' }, text: reportOf(index) }));
      const headers = { 'content-type': 'application/json' };
      const started = performance.now();
      const grown = growth.next();
      await bus.publish({ subject: 'assay.report.submitted.gosec', headers, payload }, randomUUID());
      await grown;
      samples.push(performance.now() - started);
      // The acks and the run's assessment are no part of it: the next one begins when all is quiet.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    growth.close();
  }
  samples.sort((a, b) => a - b);
  const at = (share: number) => samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

// The same finding each time: nothing is closed, and exactly one line is written.
function reportOf(index: number): string {
  return JSON.stringify({
    'Golang errors': {},
    Issues: [
      {
        severity: 'HIGH',
        confidence: 'HIGH',
        cwe: { id: '295', url: 'https://cwe.mitre.org/data/definitions/295.html' },
        rule_id: 'G402',
        details: 'TLS InsecureSkipVerify set true.',
        file: 'main.go',
        code: '12: \tconfig.InsecureSkipVerify = true\n',
        line: '12',
        column: '2',
        nosec: false,
        suppressions: null,
      },
    ],
    Stats: { files: 1, lines: 20 + index, nosec: 0, found: 1 },
    GosecVersion: '2.22.11',
  });
}

async function watchGrowth(file: string): Promise<{ next(): Promise<void>; close(): void }> {
  let size = (await stat(file)).size;
  let resolve: (() => void) | undefined;
  const look = async () => {
    const now = (await stat(file)).size;
    if (now <= size || !resolve) return;
    size = now;
    resolve();
    resolve = undefined;
  };
  const name = basename(file);
  const watcher: FSWatcher = watch(dirname(file), (_, changed) => {
    if (changed === name) void look();
  });
  return {
    next: () =>
      new Promise((done) => {
        resolve = done;
      }),
    close: () => watcher.close(),
  };
}

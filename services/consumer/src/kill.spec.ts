import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBlobs } from '@assay/blobs';
import { emit, type FindingRecord, findingChanged, findingType, identityBytes, Transition } from '@assay/contracts';
import { toWire } from '@assay/runtime';
import { type Deployment, deploy, type ServiceProcess } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const events = 400;
const perEvent = 3;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ services: [] });
});
afterAll(() => deployment.stop());

describe('kill -9 of the consumer', () => {
  it('in the midst of its work, again and again, leaves each finding in the file once', async () => {
    const declared = join(deployment.home, 'declared');
    await mkdir(declared);
    await writeFile(
      join(declared, 'sink.yaml'),
      'name: kept\ntype: file\nsubject: assay.finding.changed.>\nbatch: { size: 20 }\nconfig: { path: kept.jsonl }\n',
    );
    const start = () => deployment.start('consumer', { ASSAY_CONSUMER_SINKS_DIR: declared });
    const kill = async (service: ServiceProcess) => {
      await service.kill('SIGKILL');
      deployment.services.splice(deployment.services.indexOf(service), 1);
    };
    const file = join(deployment.home, 'sinks', 'kept.jsonl');

    let service = await start();
    await publish();
    const whole = await sizeOfAll();
    for (const share of [0.1, 0.4, 0.7]) {
      while ((await sizeOf(file)) < whole * share) await soon();
      await kill(service);
      service = await start();
    }
    const lines = async () => (await readFile(file, 'utf8')).split('\n').filter(Boolean);
    while ((await lines()).length < events * perEvent) await soon();
    const found = (await lines()).map((line) => (JSON.parse(line) as FindingRecord).rule);
    expect(new Set(found).size).toBe(events * perEvent);
    expect(found).toHaveLength(events * perEvent);
  });
});

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** Lines are of one length, near enough to kill somewhere in the middle. */
async function sizeOfAll(): Promise<number> {
  const path = join(deployment.home, 'sinks', 'kept.jsonl');
  for (;;) {
    const [first] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
    if (first) return first.length * events * perEvent;
    await soon();
  }
}

async function publish(): Promise<void> {
  const bus = await deployment.nats.connect();
  const blobs = await openBlobs(`file:${join(deployment.home, 'blobs')}`, {});
  for (let number = 0; number < events; number++) {
    const rules = Array.from({ length: perEvent }, (_, index) => `rule-${number}-${index}`);
    const { data } = emit(findingChanged, {
      target: { name: 'shop' },
      tool: { name: 'spec' },
      findings: rules.map((rule) => findingType.encode({ rule, title: 'x'.repeat(500) })),
      identities: Buffer.concat(rules.map((rule) => Buffer.from(rule.padEnd(identityBytes)))),
      severities: new Uint8Array(perEvent),
      transition: Transition.OPENED,
    });
    const attributes = { id: `event-${number}`, source: 'assay/spec', time: '2026-01-31T12:00:00.000Z' };
    await bus.publish(await toWire(findingChanged, data, attributes, blobs), attributes.id);
  }
  await blobs.close();
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

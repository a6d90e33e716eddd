// What a producer says of a report, as messages: for specs that change, repeat or rearrange them on their way.

import { type BlobStore, openBlobs } from '@assay/blobs';
import type { WireMessage } from '@assay/bus';
import { type Deployment, deploy } from '@assay/testing';
import { until } from './journal.suite.ts';
import { type Report, sourceRoot } from './model.suite.ts';

export interface Message extends WireMessage {
  /** Its Nats-Msg-Id. */
  id: string;
}

/** A producer on a nats-server of its own. */
export class ReportReader {
  readonly #deployment: Deployment;
  readonly #blobs: BlobStore;
  #next = 1;

  private constructor(deployment: Deployment, blobs: BlobStore) {
    this.#deployment = deployment;
    this.#blobs = blobs;
  }

  static async start(): Promise<ReportReader> {
    const deployment = await deploy({ services: ['producer'] });
    return new ReportReader(deployment, await openBlobs(`file:${deployment.home}/data/blobs`));
  }

  async stop(): Promise<void> {
    await this.#blobs.close();
    await this.#deployment.stop();
  }

  /** Its batches of findings, in order, and its tally last. `event` is the id of the event that hands it in. */
  async read(target: string, reportId: string, { text }: Report, event: string): Promise<Message[]> {
    const bus = await this.#deployment.nats.connect();
    const steps = [{ name: 'annotate', params: { team: 'web' } }];
    const blob = await this.#blobs.put(Buffer.from(text));
    const submitted = { reportId, target: { name: target }, sourceRoot, blob, steps };
    const headers = { 'ce-id': event, 'ce-source': 'spec', 'ce-specversion': '1.0' };
    const payload = Buffer.from(JSON.stringify(submitted));
    await bus.publish({ subject: 'assay.report.submitted.gosec', headers, payload }, event);
    const [parsed] = await until(`${reportId} is read`, async () => {
      const found = await bus.messages('assay-report', 'assay.report.parsed.>', { from: this.#next });
      return found.length > 0 ? found : undefined;
    });
    if (!parsed) throw new Error('nothing was read');
    this.#next = parsed.sequence + 1;
    const findings = await bus.messages('assay-finding', 'assay.finding.reported.>');
    for (const { stream, sequence } of findings) await bus.deleteMessage(stream, sequence);
    await bus.close();
    return [...findings, parsed].map(({ subject, headers, payload }) => ({
      subject,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('nats-'))),
      payload,
      id: headers['nats-msg-id'] ?? '',
    }));
  }
}

// A platform that runs for a spec, and its three doors: the command line, HTTP, and a NATS client.
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bus, connectBus, deadLetters, nouns, streamOf } from '@assay/bus';
import type { DeadLetter, RunAssessed } from '@assay/contracts';
import { newHome, type PlatformProcess, type TestHome } from '@assay/testing';
import { runCli } from '../testing/run-cli.ts';

export interface Answer {
  status: number;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a door answers is looked into by each spec.
  json: any;
}

/** The id of a submitted report, also when the answer is that it cannot be read. */
export function reportIdOf({ json }: Answer): string {
  return json.reportId ?? /report ([\w-]+) is in the dead letters/.exec(json.detail)?.[1];
}

export class LivePlatform {
  readonly home: TestHome;
  readonly platform: PlatformProcess;
  /** What `assay env` gives to programs of other systems. */
  readonly client: Bus;
  /** May read everything. */
  readonly admin: Bus;

  readonly #letters: DeadLetter[] = [];
  #nextLetter = 1;

  private constructor(home: TestHome, platform: PlatformProcess, client: Bus, admin: Bus) {
    this.home = home;
    this.platform = platform;
    this.client = client;
    this.admin = admin;
  }

  static async start(env: Record<string, string> = {}): Promise<LivePlatform> {
    const home = await newHome(env);
    const platform = await home.start('up');
    const ran = await runCli(['env', '-o', 'json'], { env: home.env });
    const url = (JSON.parse(ran.out) as { NATS_URL: string }).NATS_URL;
    const credentialsFile = join(home.home, '.assay/secrets/nkey-admin');
    const { host } = new URL(url);
    const client = await connectBus({ url, name: 'another system', timeoutMs: 60_000 });
    const admin = await connectBus({ url: `nats://${host}`, name: 'spec', credentialsFile, timeoutMs: 60_000 });
    return new LivePlatform(home, platform, client, admin);
  }

  async stop(): Promise<void> {
    await Promise.all([this.client.close(), this.admin.close()]);
    await this.platform.kill();
    await this.home.remove();
  }

  /** The command line in this process, against this platform. */
  assay(words: readonly string[], options: { stdin?: string; env?: Record<string, string> } = {}) {
    return runCli(words, { ...options, env: { ...this.home.env, ...options.env }, cwd: this.home.home });
  }

  async http(method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}) {
    const response = await fetch(`${this.platform.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.platform.token}`, ...headers },
      ...(body === undefined ? {} : { body: body as string }),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      json: text === '' ? undefined : JSON.parse(text),
    } as Answer;
  }

  submit(query: Record<string, string>, report: string | Uint8Array): Promise<Answer> {
    return this.http('POST', `/api/v1/reports?${new URLSearchParams(query)}`, report);
  }

  /** A message of any NATS client; resolves with its id once the stream has it. */
  async send(subject: string, payload: string | Uint8Array, headers: Record<string, string> = {}): Promise<string> {
    const id = randomUUID();
    await this.client.publish({ subject, headers, payload: Buffer.from(payload as Uint8Array) }, id);
    return id;
  }

  /** The dead letter of an event, by its message id or CloudEvents id. */
  letterOf(id: string): Promise<DeadLetter> {
    return this.letterWhere(({ headers }) => [headers['nats-msg-id'], headers['ce-id']].includes(id));
  }

  /** The first dead letter that fits, once it is there. Each letter is read from the bus once. */
  async letterWhere(fits: (letter: DeadLetter) => boolean): Promise<DeadLetter> {
    for (;;) {
      const found = this.#letters.find(fits);
      if (found) return found;
      const more = await deadLetters(this.admin, { from: this.#nextLetter, limit: 1000 });
      for (const { sequence, letter } of more) {
        if (sequence < this.#nextLetter) continue;
        this.#letters.push(letter);
        this.#nextLetter = sequence + 1;
      }
      if (more.length === 0) await aMoment();
    }
  }

  /** The last word on a run. */
  async assessed(runId: string): Promise<RunAssessed> {
    for (;;) {
      const { json } = await this.http('GET', `/api/v1/runs/${runId}`);
      if (json.phase === 'assessed') return json.assessed as RunAssessed;
      await aMoment();
    }
  }

  async isReady(): Promise<boolean> {
    return (await this.http('GET', '/readyz')).status === 200;
  }

  /** Every message of every stream, headers and payload, by subject. */
  async everyMessage(): Promise<{ subject: string; bytes: Buffer }[]> {
    const all = await Promise.all(
      nouns.map((noun) => this.admin.messages(streamOf(noun), `assay.${noun}.>`, { limit: 100_000 })),
    );
    return all.flat().map(({ subject, headers, payload }) => ({
      subject,
      bytes: Buffer.concat([Buffer.from(JSON.stringify(headers)), payload]),
    }));
  }

  /** Every file under ASSAY_HOME, by its path there. */
  async everyFile(): Promise<{ path: string; bytes: Buffer }[]> {
    const root = join(this.home.home, '.assay');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Promise.all(files.map(async (file) => ({ path: file.slice(root.length + 1), bytes: await readFile(file) })));
  }
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}

// Two places that findings are delivered to, and what they got: a file, which has each line once, and a webhook, whose
// receiver can be told to be away or slow.
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface Line {
  id: string;
  run: string;
  transition: string;
  annotations?: Record<string, string>;
}

/** What was delivered of each run: transitions by identity. */
export type Delivered = Map<string, Map<string, string>>;

/** Reads a file that only grows; a line that is there twice is an error at once. */
export class LinesFile {
  readonly runs: Delivered = new Map();
  readonly #path: string;
  #read = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Findings of a run that are in the file by now. */
  async of(run: string): Promise<ReadonlyMap<string, string>> {
    const file = await open(this.#path).catch(() => undefined);
    if (file) {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, size - this.#read));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#read);
      await file.close();
      this.#read += bytesRead;
      const lines = (this.#rest + buffer.subarray(0, bytesRead).toString()).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(JSON.parse(line) as Line);
    }
    return this.runs.get(run) ?? new Map();
  }

  #take({ id, run, transition, annotations }: Line): void {
    const known = this.runs.get(run) ?? new Map<string, string>();
    if (known.has(id))
      throw new Error(`finding ${id} of run ${run} is in the file twice: ${known.get(id)}, ${transition}`);
    if (annotations?.['team'] !== 'web') throw new Error(`finding ${id} of run ${run} was not enriched`);
    known.set(id, transition);
    this.runs.set(run, known);
  }
}

interface HookEvent {
  id: string;
  data: Line;
}

export class Receiver {
  readonly runs: Delivered = new Map();
  /** Items that came again, which a receiver knows by their id. */
  repeated = 0;
  /** What should never have come. */
  readonly wrong: string[] = [];
  /** What it does now: takes, says that it is overloaded, or takes its time (milliseconds). */
  mood: 'well' | 'overloaded' | number = 'well';
  readonly #ids = new Set<string>();
  #port = 0;
  readonly #server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (this.mood === 'overloaded') {
      response.writeHead(503, { 'retry-after': '1' }).end();
      return;
    }
    if (this.mood !== 'well') await wait(this.mood);
    for (const event of (JSON.parse(text) as { events: HookEvent[] }).events) this.#take(event);
    response.writeHead(200).end();
  });

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  async listen(): Promise<void> {
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Gone: connections break, new ones are refused, until it listens again. */
  async away(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #take({ id, data }: HookEvent): void {
    if (this.#ids.has(id)) {
      this.repeated++;
      return;
    }
    this.#ids.add(id);
    const known = this.runs.get(data.run) ?? new Map<string, string>();
    if (known.has(data.id)) this.wrong.push(`finding ${data.id} of run ${data.run} came under two ids`);
    known.set(data.id, data.transition);
    this.runs.set(data.run, known);
  }
}

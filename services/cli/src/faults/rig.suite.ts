// The platform as processes, each behind a proxy of its own and with a clock that can be set; and its HTTP door, behind
// one too.
import { randomInt } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Bus } from '@assay/bus';
import {
  type Deployment,
  deploy,
  type Random,
  randomFrom,
  type ServiceProcess,
  startTcpProxy,
  type TcpProxy,
} from '@assay/testing';
import { Journal, until } from './journal.suite.ts';

const shiftClock = pathToFileURL(
  fileURLToPath(new URL('../../../../libs/testing/src/shift-clock.ts', import.meta.url)),
);

/** How long the suite goes on with faults at random once each was tried by itself. Seconds. */
export const givenSeconds = Number(process.env['ASSAY_FAULTS_SECONDS'] ?? 240);
/** Which faults are mixed. A regular expression. */
export const givenFaults = process.env['ASSAY_FAULTS_OF'] ?? '';
export const givenSeed = Number(process.env['ASSAY_FAULTS_SEED'] ?? randomInt(2 ** 31));

/** Of each service, in a failure. */
const maxComplaints = 12;

export interface Member {
  name: string;
  process: ServiceProcess;
  /** Between it and nats-server. */
  proxy: TcpProxy;
  /** Sets its clock this far off. Milliseconds. */
  setClock(shiftMs: number): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: what a door answers is looked into by each spec.
  json: any;
}

export interface RigOptions {
  services?: readonly string[];
  env?: Record<string, string>;
  maxStoreBytes?: number;
}

export class Rig {
  readonly random: Random;
  readonly journal: Journal;
  readonly deployment: Deployment;
  readonly bus: Bus;
  /** Between people and the gateway. */
  readonly door: TcpProxy;
  readonly members: Member[] = [];

  private constructor(deployment: Deployment, bus: Bus, door: TcpProxy) {
    this.random = randomFrom(givenSeed);
    this.journal = new Journal(givenSeed);
    this.deployment = deployment;
    this.bus = bus;
    this.door = door;
  }

  static async start({ services, env = {}, maxStoreBytes }: RigOptions = {}): Promise<Rig> {
    process.stdout.write(`ASSAY_FAULTS_SEED=${givenSeed} ASSAY_FAULTS_SECONDS=${givenSeconds}\n`);
    const deployment = await deploy({ services: [], env, ...(maxStoreBytes ? { maxStoreBytes } : {}) });
    const rig = new Rig(deployment, await deployment.nats.connect(), await startTcpProxy(0));
    try {
      for (const name of services ?? ['ledger', 'consumer', 'enricher', 'producer', 'gateway']) await rig.start(name);
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  /** Starts it as often as it takes: without a nats-server a service ends at once. */
  async start(name: string): Promise<Member> {
    return until(`${name} starts`, () =>
      this.#start(name).catch((error: Error) => {
        this.journal.note(`${name} did not start: ${error.message.slice(0, 300)}`);
        return undefined;
      }),
    );
  }

  async #start(name: string): Promise<Member> {
    const { nats, home } = this.deployment;
    const proxy = await startTcpProxy(Number(new URL(nats.url).port));
    const clock = join(home, `clock-${name}-${proxy.port}`);
    const env = {
      ASSAY_NATS_URL: `nats://127.0.0.1:${proxy.port}`,
      NODE_OPTIONS: `--import=${shiftClock.href}`,
      CLOCK_SHIFT_FILE: clock,
    };
    const process = await this.deployment.start(name, env).catch(async (error: unknown) => {
      await proxy.close();
      throw error;
    });
    const setClock = (shiftMs: number) =>
      shiftMs === 0 ? rm(clock, { force: true }) : writeFile(clock, String(shiftMs));
    const member = { name, process, proxy, setClock };
    this.members.push(member);
    if (name === 'gateway') this.door.aim(portOf(process));
    return member;
  }

  /** The one that runs longest of this name. */
  member(name: string): Member {
    const found = this.members.find((member) => member.name === name);
    if (!found) throw new Error(`no ${name} runs`);
    return found;
  }

  /** Ends a process; resolves when it has. */
  async end(member: Member, signal: NodeJS.Signals): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    const { services } = this.deployment;
    services.splice(services.indexOf(member.process), 1);
    await member.process.kill(signal);
    await member.proxy.close();
  }

  /** Runs one case: a failure tells what was done, and what each service complained of last. */
  async page(title: string, work: () => Promise<void>): Promise<void> {
    this.journal.turn(title);
    try {
      await work();
    } catch (error) {
      throw this.journal.explain(
        error,
        this.members.flatMap(({ process: { lines } }) => lines.filter(isComplaint).slice(-maxComplaints)),
      );
    }
  }

  async stop(): Promise<void> {
    for (const {
      process: { pid },
    } of this.members)
      process.kill(pid, 'SIGCONT');
    await this.deployment.stop();
    await Promise.all([this.door, ...this.members.map(({ proxy }) => proxy)].map((proxy) => proxy.close()));
  }

  /** One request, on a connection of its own. Rejects when the connection breaks or nothing comes for long. */
  ask(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: this.door.port,
          method,
          path,
          agent: false,
          headers: { authorization: `Bearer ${this.deployment.token}`, ...headers },
          timeout: 20_000,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('error', reject);
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            try {
              resolve({ status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) });
            } catch (error) {
              reject(error);
            }
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  /** As a careful client does it: again, until there is an answer that is no trouble of the moment. */
  async insist(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
    return until(`an answer to ${method} ${path}`, async () => {
      const answer = await this.ask(method, path, body, headers).catch(() => undefined);
      if (answer === undefined || answer.status >= 500) {
        await wait(100);
        return undefined;
      }
      return answer;
    });
  }

  async read<T>(path: string): Promise<T | undefined> {
    const { status, json } = await this.insist('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(json)}`);
    return json as T;
  }
}

// pino's levels: 40 is a warning. What is no line of the log was said by Node itself.
function isComplaint(line: string): boolean {
  return !line.startsWith('{') || /"level":(?:[4-6]0|"(?:warn|error|fatal)")/.test(line);
}

function portOf(gateway: ServiceProcess): number {
  const line = gateway.lines.find((each) => each.includes('"url":'));
  return Number(new URL((JSON.parse(line ?? '{}') as { url: string }).url).port);
}

// Connects to nats-server and says what is wrong when that fails: unreachable, refused, or too old.
import { readFile } from 'node:fs/promises';
import { explain, InvalidInput, Transient } from '@assay/contracts';
import { type ConnectionOptions, connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';
import { NatsBus } from './nats-bus.ts';
import { reconnectDelay } from './reconnect-delay.ts';

/** Oldest nats-server that works, without what it lacks. */
export const oldestServer = '2.9.0';

export interface ConnectOptions {
  /** "nats://host:port", several separated by commas; may carry user:password. */
  url: string;
  /** Client name shown by the server, e.g. "assay/producer". */
  name: string;
  /** File that holds an nkey seed ("SU…"). */
  credentialsFile?: string | undefined;
  /** First tokens of our inboxes, so that a credential can be held to them. Default "_INBOX". */
  inboxPrefix?: string;
  /** How long the first connection may take. Milliseconds, default 5000. */
  timeoutMs?: number;
  /** Called with a sentence when the connection is lost, back, or something is refused. */
  onStatus?: (sentence: string, isTrouble: boolean) => void;
}

export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const connection = await open(options);
  const version = connection.info?.version ?? '0.0.0';
  if (compareVersions(version, oldestServer) < 0) {
    await connection.close();
    throw new InvalidInput(
      `nats-server ${version} at ${where(options.url)} is too old: start ${oldestServer} or newer`,
      { code: 'bus.too-old' },
    );
  }
  if (connection.info?.jetstream !== true) {
    await connection.close();
    throw new InvalidInput(`nats-server at ${where(options.url)} has no JetStream: start it with -js`, {
      code: 'bus.no-jetstream',
    });
  }
  if (compareVersions(version, '2.10.0') < 0) {
    options.onStatus?.(
      `nats-server ${version} has no sync_interval "always": acknowledged events can die with the power`,
      false,
    );
  }
  const inbox = options.inboxPrefix ?? '_INBOX';
  return new NatsBus(connection, version, inbox, options.onStatus ?? (() => {}));
}

async function open(options: ConnectOptions): Promise<NatsConnection> {
  const servers = options.url.split(',').map((server) => new URL(server.trim()));
  const [first] = servers;
  const settings: ConnectionOptions = {
    servers: servers.map((server) => server.host),
    name: options.name,
    timeout: options.timeoutMs ?? 5000,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: reconnectDelay(),
    inboxPrefix: options.inboxPrefix ?? '_INBOX',
    // Large batches in flight must not trip the client's own limit while the server catches up.
    pingInterval: 20_000,
    // Every request would otherwise take a stack trace, in case it fails: a tenth of a stage's time.
    noAsyncTraces: true,
  };
  if (options.credentialsFile) {
    const seed = (await readFile(options.credentialsFile, 'utf8')).trim();
    settings.authenticator = nkeyAuthenticator(new TextEncoder().encode(seed));
  } else if (first?.username) {
    settings.user = decodeURIComponent(first.username);
    settings.pass = decodeURIComponent(first.password);
  }
  try {
    return await connect(settings);
  } catch (cause) {
    const place = where(options.url);
    if (/authoriz|authenti/i.test(explain(cause))) {
      throw new InvalidInput(
        `nats-server at ${place} refuses the credential of ${options.name}: check ASSAY_NATS_CREDENTIALS`,
        { code: 'bus.unauthorized', cause },
      );
    }
    throw new Transient(`no nats-server answers at ${place}: start one (nats-server -js) or set ASSAY_NATS_URL`, {
      code: 'bus.unreachable',
      cause,
    });
  }
}

/** The address without a password. */
function where(url: string): string {
  return url.replace(/\/\/[^/@]*@/g, '//');
}

/** Negative when a is older than b. Only the three numbers count. */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string) =>
    version
      .split(/[.-]/)
      .slice(0, 3)
      .map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(a), numbers(b)];
  return left.map((part, index) => part - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

// A TCP proxy on loopback: what a network does to connections, at the moment a test chooses.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Where new connections go. */
  aim(port: number): void;
  /** Breaks every connection; new ones are taken. */
  cut(): void;
  /** Breaks every connection and refuses new ones, until `accept`. */
  refuse(): void;
  accept(): void;
  /** Holds what is sent, both ways, without closing anything, until `flow`. */
  stall(): void;
  flow(): void;
  /** Every chunk arrives this much later, in order. Milliseconds; 0: at once. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** Listens on any free port of 127.0.0.1 and passes connections on to a port there. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const rule = { port: target, isRefusing: false, isStalled: false, delayMs: 0 };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (rule.isRefusing) {
      socket.resetAndDestroy();
      return;
    }
    const pair = new Pair(socket, rule);
    pairs.add(pair);
    pair.onEnd = () => pairs.delete(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const pair of [...pairs]) pair.end();
  };
  const flow = () => {
    rule.isStalled = false;
    for (const pair of pairs) pair.resume();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    aim: (port) => {
      rule.port = port;
    },
    cut,
    refuse: () => {
      rule.isRefusing = true;
      cut();
    },
    accept: () => {
      rule.isRefusing = false;
    },
    stall: () => {
      rule.isStalled = true;
      for (const pair of pairs) pair.pause();
    },
    flow,
    delay: (ms) => {
      rule.delayMs = ms;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Rule {
  port: number;
  isStalled: boolean;
  delayMs: number;
}

/** One connection: ours to the target, and the client's. */
class Pair {
  readonly #client: Socket;
  readonly #target: Socket;
  onEnd = () => {};

  constructor(client: Socket, rule: Rule) {
    this.#client = client;
    this.#target = tcpConnect({ port: rule.port, host: '127.0.0.1', allowHalfOpen: true });
    pass(client, this.#target, rule);
    pass(this.#target, client, rule);
    for (const socket of [client, this.#target]) {
      socket.setNoDelay(true);
      socket.once('error', () => this.end());
      socket.once('close', () => this.end());
    }
    if (rule.isStalled) this.pause();
  }

  pause(): void {
    this.#client.pause();
    this.#target.pause();
  }

  resume(): void {
    this.#client.resume();
    this.#target.resume();
  }

  /** As when a machine goes: both sides get a reset. */
  end(): void {
    for (const socket of [this.#client, this.#target]) {
      if (socket.destroyed) continue;
      // A reset of a socket that is ending already leaves its handle behind, and Node (24) never exits.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    this.onEnd();
  }
}

// A queue of its own each way, so that a delay that shrinks never lets a chunk overtake another.
function pass(from: Socket, to: Socket, rule: Rule): void {
  let last: Promise<unknown> = Promise.resolve();
  const later = (work: () => void) => {
    const due = performance.now() + rule.delayMs;
    last = last.then(async () => {
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (!to.destroyed) work();
    });
  };
  from.on('data', (chunk) =>
    later(() => {
      if (to.write(chunk)) return;
      from.pause();
      to.once('drain', () => rule.isStalled || from.resume());
    }),
  );
  from.on('end', () => later(() => to.end()));
}

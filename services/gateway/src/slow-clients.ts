// Clients that take a connection and give nothing for it. Node ends headers and requests that take too long; here the
// pauses inside a body, and how many connections there may be.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  maxConnections: number;
  maxConnectionsPerAddress: number;
}

/** Closes connections that are too many, all together or of one address. */
export function limitConnections(server: Server, { maxConnections, maxConnectionsPerAddress }: ConnectionLimits): void {
  server.maxConnections = maxConnections;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    // It has gone already.
    if (socket.remoteAddress === undefined) return;
    const address = networkOf(socket.remoteAddress);
    const count = open.get(address) ?? 0;
    if (count >= maxConnectionsPerAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

/** Cuts a client off that pauses for so long inside a request's body. */
export function cutOffIdle(request: IncomingMessage, idleMs: number): void {
  const { socket, headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  // A request that was injected has no connection.
  if (!hasBody || request.complete || typeof socket.setTimeout !== 'function') return;
  const cut = () => socket.destroy();
  const release = () => {
    request.off('end', release).off('close', release);
    socket.off('timeout', cut);
    socket.setTimeout(0);
  };
  socket.setTimeout(idleMs, cut);
  // Whichever is first: Node sets a time of its own for the pause behind the answer.
  request.once('end', release).once('close', release);
}

/** What counts as one address: an IPv4 address, or the /64 of an IPv6 one, of which a client has as many as it likes. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [, inner] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (inner) return inner;
  const [head = '', tail] = address.split('%', 1).join('').split('::', 2);
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const first = [...left, ...(tail === undefined ? [] : zeros), ...right].slice(0, 4);
  return `${first.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

// Clients that take a connection and give nothing for it. Node ends headers and requests that take too long; here are the
// pauses inside a body, of theirs or of ours, and how many connections there may be.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
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
  if (!hasBody || request.complete) return;
  const release = watch(socket, idleMs);
  request.once('end', release).once('close', release);
}

/** Cuts a client off that reads nothing of its answer for so long. */
export function cutOffUnread({ socket }: IncomingMessage, response: ServerResponse, idleMs: number): void {
  const release = watch(socket, idleMs);
  // Before Node's own: it sets the time of the pause behind the answer.
  response.prependOnceListener('finish', release).once('close', release);
}

/** Connections that are watched, each by one listener: several requests and answers may be under way on it. */
const watched = new WeakMap<Socket, { count: number; cut: () => void }>();

/** Destroys a connection on which nothing moves for so long, until the function that is returned is called. */
function watch(socket: Socket, idleMs: number): () => void {
  // A request that was injected has no connection.
  if (typeof socket.setTimeout !== 'function') return () => {};
  const watching = watched.get(socket) ?? { count: 0, cut: () => socket.destroy() };
  watched.set(socket, watching);
  if (watching.count++ === 0) socket.setTimeout(idleMs, watching.cut);
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    if (--watching.count > 0) return;
    socket.off('timeout', watching.cut);
    socket.setTimeout(0);
  };
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

// What can be seen of a running platform and of what it keeps: the gateway, the store, the clock, the settings.
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { explain } from '@assay/contracts/errors';
import { type Connection, findConnection, type Instance } from '../connection.ts';
import type { Env } from '../io.ts';
import { broken, type Diagnosis, ok, optional } from './check.ts';

const timeoutMs = 5000;
const farOffMs = 60_000;

/** The gateway and, by its answer, the clock. */
export async function checkGateway(
  env: Env,
  instance: Instance | undefined,
  signal: AbortSignal,
): Promise<Diagnosis[]> {
  let connection: Connection;
  try {
    connection = await findConnection(env);
  } catch (error) {
    return [broken('gateway', explain(error), 'set ASSAY_URL and ASSAY_TOKEN_FILE right, or unset them')];
  }
  const { url } = connection;
  try {
    const response = await fetch(`${url}/readyz`, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = (await response.text()).slice(0, 500);
    const state = response.ok
      ? ok('gateway', `${url} is ready`)
      : broken('gateway', `${url} is not ready (HTTP ${response.status}): ${text}`, 'its log says why; start it again');
    return [state, checkClock(response.headers.get('date'), new Date())];
  } catch (error) {
    const why = explain((error as Partial<Error>).cause ?? error);
    if (env['ASSAY_URL'] || instance)
      return [
        broken(
          'gateway',
          `${url} does not answer: ${why}`,
          'start it with `npm start`, or set ASSAY_URL to where it is',
        ),
      ];
    return [optional('gateway', `no platform runs at ${url}`, '`npm start` starts one')];
  }
}

/** Ours against the platform's; the header has whole seconds. */
export function checkClock(date: string | null, now: Date): Diagnosis {
  const offMs = Math.abs(now.getTime() - Date.parse(date ?? ''));
  if (Number.isNaN(offMs))
    return optional(
      'clock',
      'the gateway does not tell the time',
      'look at ASSAY_URL: something between may strip its headers',
    );
  return offMs < farOffMs
    ? ok('clock', 'agrees with the platform’s')
    : broken(
        'clock',
        `${Math.round(offMs / 1000)} s off the platform’s`,
        'set it by NTP: tokens expire and events are found by time',
      );
}

/** `url`: ASSAY_STORE_URL as it is in force. */
export async function checkStore(url: string): Promise<Diagnosis> {
  const shown = url.replace(/\/\/[^/@]*@/, '//***@');
  if (url.startsWith('sqlite:')) return checkSqlite(url.slice('sqlite:'.length));
  const parsed = URL.parse(url.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/]*/, ''));
  if (!parsed)
    return broken('store', `${shown} is no address`, 'set ASSAY_STORE_URL to sqlite:FILE or mongodb://HOST/DATABASE');
  if (url.startsWith('mongodb+srv:')) return ok('store', `${shown} (found by DNS; not tried from here)`);
  const refused = await reach(parsed.hostname, Number(parsed.port || 27017));
  return refused
    ? broken('store', `${shown} cannot be reached: ${refused}`, 'start the database, or set ASSAY_STORE_URL')
    : ok('store', `${shown} answers`);
}

async function checkSqlite(file: string): Promise<Diagnosis> {
  if (file === ':memory:') return ok('store', 'in memory');
  if (!(await stat(file).catch(() => undefined))) return ok('store', `${file} will be made on the first start`);
  try {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(file, { readOnly: true });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    database.close();
    return ok('store', file);
  } catch (error) {
    return broken(
      'store',
      `${file} cannot be read: ${explain(error)}`,
      'put a backup in its place, or move it away and scan again',
    );
  }
}

/** Undefined when something listens there, else why not. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (why?: string) => {
      socket.destroy();
      resolve(why);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end('no answer in time'));
    socket.once('error', (error) => end(error.message));
  });
}

// For specs: tries what a credential may do on a real nats-server, subject by subject, past everything that our own code
// would never do.
import { readFile } from 'node:fs/promises';
import { connect, nkeyAuthenticator, PermissionViolationError } from '@nats-io/transport-node';

export interface Knocking {
  url: string;
  /** File with an nkey seed … */
  credentialsFile?: string;
  /** … or a user and password. */
  user?: { name: string; password: string };
  inboxPrefix?: string;
}

export interface Knocker {
  /** Those of the subjects that may not be published. The others were, with an empty payload. */
  refusedToPublish(subjects: readonly string[]): Promise<Set<string>>;
  /** Those of the subjects that may not be subscribed to. */
  refusedToSubscribe(subjects: readonly string[]): Promise<Set<string>>;
  /** What is answered, as JSON; undefined: nothing, for it was refused. */
  ask(subject: string, body: unknown): Promise<Record<string, unknown> | undefined>;
  /** Publishes with a reply subject; resolves when the server has it. */
  publish(subject: string, body: unknown, reply?: string): Promise<void>;
  close(): Promise<void>;
}

export async function knock({ url, credentialsFile, user, inboxPrefix = '_INBOX' }: Knocking): Promise<Knocker> {
  const connection = await connect({
    servers: url,
    inboxPrefix,
    ...(credentialsFile
      ? { authenticator: nkeyAuthenticator(new TextEncoder().encode((await readFile(credentialsFile, 'utf8')).trim())) }
      : {}),
    ...(user ? { user: user.name, pass: user.password } : {}),
  });
  const refused = { publish: new Set<string>(), subscription: new Set<string>() };
  const listening = (async () => {
    for await (const status of connection.status())
      if (status.type === 'error' && status.error instanceof PermissionViolationError)
        refused[status.error.operation].add(status.error.subject);
  })();
  // What the server refuses it says before it answers the flush; the statuses come by a queue of their own.
  const settled = async () => {
    await connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    refusedToPublish: async (subjects) => {
      for (const subject of subjects) connection.publish(subject);
      await settled();
      return new Set(subjects.filter((subject) => refused.publish.has(subject)));
    },
    refusedToSubscribe: async (subjects) => {
      const subscriptions = subjects.map((subject) => connection.subscribe(subject, { callback: () => {} }));
      await settled();
      for (const subscription of subscriptions) subscription.unsubscribe();
      return new Set(subjects.filter((subject) => refused.subscription.has(subject)));
    },
    ask: async (subject, body) => {
      try {
        return (await connection.request(subject, JSON.stringify(body), { timeout: 5000 })).json();
      } catch (error) {
        if (error instanceof Error && /permission/i.test(`${error} ${error.cause}`)) return undefined;
        throw error;
      }
    },
    publish: async (subject, body, reply) => {
      connection.publish(subject, JSON.stringify(body), reply === undefined ? {} : { reply });
      await settled();
    },
    close: async () => {
      await connection.close();
      await listening;
    },
  };
}

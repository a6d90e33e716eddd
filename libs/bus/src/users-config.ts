// Who may connect to a nats-server and what each may do, as its configuration says it.

/** A user of the server and what it may do. Without permissions: everything. */
export interface BusUser {
  name: string;
  /** Public nkey "U…", or a password for clients that have no nkeys. */
  nkey?: string;
  password?: string;
  publish?: readonly string[];
  subscribe?: readonly string[];
  /** Taken out of what `publish` allows. */
  publishDenied?: readonly string[];
}

/** The `authorization` block. */
export function usersConfig(users: readonly BusUser[]): string {
  return ['authorization {', '  users: [', ...users.map(userConfig), '  ]', '}'].join('\n');
}

function userConfig(user: BusUser): string {
  const who = user.nkey
    ? `nkey: ${quote(user.nkey)}`
    : `user: ${quote(user.name)}, password: ${quote(user.password ?? '')}`;
  if (!user.publish && !user.subscribe) return `    { ${who} }`;
  const list = (subjects: readonly string[] | undefined) => `[${(subjects ?? []).map(quote).join(', ')}]`;
  const denied = user.publishDenied?.length ? `, deny: ${list(user.publishDenied)}` : '';
  return `    { ${who}, permissions: { publish: { allow: ${list(user.publish)}${denied} }, subscribe: { allow: ${list(user.subscribe)} } } }`;
}

export function quote(text: string): string {
  return JSON.stringify(text);
}

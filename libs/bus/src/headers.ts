// NATS headers as plain records: lower-case names, one value a name.
import { type MsgHdrs, headers as newHeaders } from '@nats-io/transport-node';

export function toHeaders(record: Record<string, string>): MsgHdrs {
  const headers = newHeaders();
  for (const [name, value] of Object.entries(record)) headers.set(name, value);
  return headers;
}

export function fromHeaders(headers: MsgHdrs | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, values] of headers ?? []) if (values[0] !== undefined) record[name.toLowerCase()] = values[0];
  return record;
}

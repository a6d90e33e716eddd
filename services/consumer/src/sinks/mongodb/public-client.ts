// A client that reaches one public server and nothing else, for consumers whose sinks may not reach the inner network.
import { isIP } from 'node:net';
import { explain, InvalidInput } from '@assay/contracts';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { isPublicAddress, notPublic, publicLookup } from '../../http/public-address.ts';

/** Others ask services of the machine's own network (metadata, key distribution) for the consumer's credentials. */
const mechanisms = new Set<string | undefined>([undefined, 'DEFAULT', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN']);
/** Options of a url that have the driver read files of the consumer's. */
const fileOptions = ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile'] as const;

/** Nothing is connected yet. Throws InvalidInput when the address is none, or leads elsewhere than to one public server. */
export function publicClient(address: string, options: MongoClientOptions): MongoClient {
  // A server names others, and the driver would connect to them by addresses that nobody resolves.
  const client = newClient(address, { ...options, directConnection: true, lookup: publicLookup });
  const { hosts, proxyHost, credentials, directConnection, lookup, ...rest } = client.options;
  const [host] = hosts;
  if (host?.host === undefined || hosts.length > 1 || !directConnection || lookup !== publicLookup || proxyHost)
    throw refused('the address of the MongoDB server must be mongodb:// and one host, without a proxy');
  if (isIP(host.host) !== 0 && !isPublicAddress(host.host)) throw notPublic(host.host);
  if (!mechanisms.has(credentials?.mechanism))
    throw refused(`authMechanism ${credentials?.mechanism} is not taken; use SCRAM`);
  const file = fileOptions.find((name) => rest[name] !== undefined);
  if (file) throw refused(`${file} is not taken`);
  return client;
}

/** Throws InvalidInput when the address cannot be one. */
export function newClient(address: string, options: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(address, options);
  } catch (cause) {
    throw new InvalidInput(`the address of the MongoDB server is wrong: ${explain(cause)}`, { code: 'sink.config' });
  }
}

function refused(sentence: string): InvalidInput {
  return new InvalidInput(
    `${sentence}: this consumer lets no sink reach the inner network (ASSAY_CONSUMER_ALLOW_PRIVATE_ADDRESSES)`,
    { code: 'sink.config' },
  );
}

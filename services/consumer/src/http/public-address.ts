// Which addresses a sink may ask for: public ones. Checked where the connection is made, after the name was resolved, so
// that a name cannot lead elsewhere between the check and the use.
import { type LookupAddress, lookup as lookupName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { InvalidInput } from '@assay/contracts';

// Special-purpose registries of IANA: https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry; with multicast, and what carries IPv4 inside IPv6
// (BlockList itself looks up ::ffff:a.b.c.d as the IPv4 address that it is).
const ranges: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const refused = new BlockList();
for (const [address, bits] of ranges) refused.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4');

export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && !refused.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** The code of the error that `publicLookup` ends in. */
export const privateAddressCode = 'sink.private-address';

/** For `connect`: resolves a name, and fails when any of its addresses is not public. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookupName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    const inner = addresses.find(({ address }) => !isPublicAddress(address));
    if (inner) return callback(notPublic(`${hostname} (${inner.address})`), '', 0);
    if (options.all) return callback(null, addresses);
    const [first] = addresses;
    callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

export function notPublic(what: string): InvalidInput {
  return new InvalidInput(`${what} is no public address; a sink in your own network needs "allowPrivate": true`, {
    code: privateAddressCode,
  });
}

import { BlockList, isIP } from 'node:net';

/** IANA's special-purpose blocks: private, link-local (metadata services), shared, documentation, multicast, reserved. */
const FORBIDDEN_V4: readonly (readonly [string, number])[] = [
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
  ['224.0.0.0', 3],
];
/** Within 2000::/3, outside of which no address is public: tunnels that carry an IPv4 address, and documentation. */
const FORBIDDEN_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const forbiddenV4 = blocksOf(FORBIDDEN_V4, 'ipv4');
const forbiddenV6 = blocksOf(FORBIDDEN_V6, 'ipv6');
const globalV6 = blocksOf([['2000::', 3]], 'ipv6');
const loopbackV4 = blocksOf([['127.0.0.0', 8]], 'ipv4');

/** True for an address on the public internet; an IPv4 address inside an IPv6 one (`::ffff:…`, NAT64) is none. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !forbiddenV4.check(address, 'ipv4');
  return version === 6 && globalV6.check(address, 'ipv6') && !forbiddenV6.check(address, 'ipv6');
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) === 4 ? loopbackV4.check(address, 'ipv4') : address === '::1';
}

function blocksOf(blocks: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of blocks) list.addSubnet(address, prefix, family);
  return list;
}

import { isIP } from 'node:net';

const MAPPED = '::ffff:';

/**
 * The network that an address speaks for, for counting who asks: an IPv4 address itself, the /64 of an IPv6 one, since
 * whoever has one address there has them all. What is no address is one place.
 */
export function networkOf(address: string): string {
  const plain = address.split('%')[0] ?? '';
  const inner = plain.toLowerCase().startsWith(MAPPED) ? plain.slice(MAPPED.length) : '';
  if (isIP(inner) === 4) return inner;
  const version = isIP(plain);
  if (version === 4) return plain;
  return version === 6 ? `${firstHalf(plain)}::/64` : '';
}

/** The first four groups, written out: `::` may stand for any of them. */
function firstHalf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 ending stands for two groups.
  const length = groups.length + behind.length + (address.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - length;
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...behind];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

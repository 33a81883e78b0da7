import { isIPv6 } from 'node:net';

/**
 * Whom an address belongs to, for counting what comes from there. An IPv4 address is one host; of IPv6 addresses whoever has one has
 * all that share its first 56 bits, and could take a new one for each attempt. Some proxies add a port, new with each connection.
 */
export function addressBlock(address = 'unknown'): string {
  const ip = /^\[([^\]]+)\]|^(\d+(?:\.\d+){3}):\d+$/.exec(address)?.slice(1).join('') ?? address;
  const [withoutZone = ''] = ip.split('%');
  if (!isIPv6(withoutZone)) return ip;
  const [first = 0, second = 0, third = 0, fourth = 0, ...rest] = groups(withoutZone);
  if (first + second + third + fourth === 0 && rest[0] === 0 && rest[1] === 0xffff) return dotted(rest.slice(2));
  return [first, second, third, fourth >> 8].map(group => group.toString(16)).join(':');
}

/** All eight. */
function groups(ip: string): readonly number[] {
  // The one spelling that an address has in a URL (RFC 5952).
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map(half => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map(group => Number.parseInt(group, 16));
}

/** An IPv4 address inside an IPv6 one, as a server that listens for both sees it. */
function dotted(pair: readonly number[]): string {
  return pair.flatMap(group => [group >> 8, group & 0xff]).join('.');
}

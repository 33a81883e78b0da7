import { addressBlock } from '../../lib/router/oauth/address-block.js';

describe('what counts as one address', () => {
  it.each([
    ['an IPv4 address', '192.0.2.7', '192.0.2.7'],
    ['the same with the port that a proxy added', '192.0.2.7', '192.0.2.7:50123'],
    ['the same as a server for both families sees it', '192.0.2.7', '::ffff:192.0.2.7'],
    ['the same in hexadecimal digits', '192.0.2.7', '::ffff:c000:207'],
    ['an IPv6 address and its neighbour', '2001:db8:1:2::7', '2001:db8:1:2::8'],
    ['an IPv6 address and one of the same 56 bits', '2001:db8:1:200::7', '2001:db8:1:2ff:ffff:ffff:ffff:ffff'],
    ['an IPv6 address in two spellings', '2001:db8::1:0:0:7', '2001:0DB8:0:0:1:0000:0:0007'],
    ['an IPv6 address with the port that a proxy added', '2001:db8:1:2::7', '[2001:db8:1:2::7]:443'],
    ['an IPv6 address with a zone', 'fe80::7', 'fe80::7%eth0'],
    ['no address, twice', undefined, undefined],
  ])('A20 is %s', (_, one, other) => {
    expect(addressBlock(one)).toBe(addressBlock(other));
  });

  it.each([
    ['two IPv4 addresses', '192.0.2.7', '192.0.2.8'],
    ['two IPv4 addresses as a server for both families sees them', '::ffff:192.0.2.7', '::ffff:192.0.2.8'],
    ['IPv6 addresses of different 56 bits', '2001:db8:1:200::7', '2001:db8:1:300::7'],
    ['IPv6 addresses of different 48 bits', '2001:db8:1::7', '2001:db8:2::7'],
    ['this machine and no address in particular', '::1', 'unknown'],
    ['an IPv4 address and an IPv6 one', '192.0.2.7', '2001:db8::7'],
    ['an IPv4 address and an IPv6 one that ends alike', '192.0.2.7', '::fffe:192.0.2.7'],
  ])('A20 is not %s', (_, one, other) => {
    expect(addressBlock(one)).not.toBe(addressBlock(other));
  });

  it.each(['', 'unknown', ':', '::ffff:', '[', '[]', '1.2.3', '::%', 'x'.repeat(10_000), '999.1.1.1:1', '2001:db8::/32'])('A20 takes %p for what it is', (text) => {
    expect(() => addressBlock(text)).not.toThrow();
  });
});

// Which network addresses belong to everybody's internet, and which lead into a machine, a house or a data centre.

import ipaddr from 'ipaddr.js';

/** All of the IPv6 internet that has been handed out (IANA, IPv6 Global Unicast Address Assignments). */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
const GLOBAL_UNICAST_BITS = 3;

/**
 * True only for what is certainly public. IPv4 in an IPv6 coat (mapped, NAT64, 6to4, Teredo) is not: nobody who hands out clips
 * needs one, and what is inside could be anything.
 */
export function isPublicAddress(address: string): boolean {
  // A zone names an interface of this machine.
  if (address.includes('%') || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // Shortened spellings are read differently by different programs; whoever means well writes four numbers.
  if (parsed.kind() === 'ipv4') return ipaddr.IPv4.isValidFourPartDecimal(address);
  return (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST, GLOBAL_UNICAST_BITS);
}

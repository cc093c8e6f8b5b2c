import ipaddr from 'ipaddr.js';

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');
/** Looks public and is none: the host agent of Azure's machines, which hands out their secrets. */
const AZURE_HOST_AGENT = '168.63.129.16';

/**
 * Whether an IP address is one on the open internet. Everything special is not: private, loopback, link-local, shared,
 * multicast, reserved, documentation, and every form of IPv6 that carries an IPv4 address somewhere else.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // The library calls unicast what it does not know, such as ::127.0.0.1; IPv6 is public in one block only.
  return parsed.kind() === 'ipv6' ? parsed.match(GLOBAL_UNICAST) : parsed.toString() !== AZURE_HOST_AGENT;
}

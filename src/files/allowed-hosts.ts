import ipaddr from 'ipaddr.js';

/** Where the operator lets input URLs lead although it is private, and over http. */
export interface AllowedHosts {
  /** Whether a URL's host, as written, is named. `port` is a number in digits. */
  allowsHost(hostname: string, port: string): boolean;
  /** Whether an address a host stands for is named. */
  allowsAddress(address: string, port: string): boolean;
  /** Whether there is any address at all that is named: if not, nothing need be looked up to know. */
  allowsSomeAddress(port: string): boolean;
}

type Rule = { port: string | undefined } & ({ hostname: string } | { network: [Address, number] });
type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Reads what the operator allows: `minio.internal`, `localhost:9000`, `10.1.2.3`, `[fd00::1]:8080`, `10.0.0.0/8`.
 * @throws an Error naming every entry that is none of these.
 */
export function parseAllowedHosts(entries: readonly string[]): AllowedHosts {
  const rules = entries.map(parseRule);
  const wrong = entries.filter((_, index) => rules[index] === undefined);
  if (wrong.length > 0) throw new Error(`not a host, host:port or CIDR: ${wrong.join(', ')}`);
  const checked = rules.filter((rule) => rule !== undefined);

  function allowsAddress(address: string, port: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    // `process` makes the IPv4 address of a mapped one, so that one rule holds for both ways to write it.
    const parsed = ipaddr.process(address);
    return checked.some(
      (rule) => 'network' in rule && portFits(rule, port) && contains(rule.network, parsed),
    );
  }

  function allowsHost(hostname: string, port: string): boolean {
    const plain = plainHostname(hostname);
    if (ipaddr.isValid(plain)) return allowsAddress(plain, port);
    return checked.some((rule) => 'hostname' in rule && portFits(rule, port) && rule.hostname === plain);
  }

  function allowsSomeAddress(port: string): boolean {
    return checked.some((rule) => 'network' in rule && portFits(rule, port));
  }

  return { allowsHost, allowsAddress, allowsSomeAddress };
}

/** A URL's hostname without the brackets of IPv6 and the dot of a full name. */
export function plainHostname(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function parseRule(entry: string): Rule | undefined {
  if (ipaddr.isValidCIDR(entry)) return { network: ipaddr.parseCIDR(entry), port: undefined };
  if (ipaddr.IPv6.isValid(entry)) return { network: [ipaddr.parse(entry), 128], port: undefined };
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(entry);
  if (!parts?.[1]) return undefined;
  const hostname = plainHostname(parts[1]);
  const port = parts[2];
  if (!ipaddr.isValid(hostname)) return { hostname, port };
  const address = ipaddr.process(hostname);
  return { network: [address, address.kind() === 'ipv4' ? 32 : 128], port };
}

function portFits(rule: Rule, port: string): boolean {
  return rule.port === undefined || rule.port === port;
}

function contains([network, bits]: [Address, number], address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

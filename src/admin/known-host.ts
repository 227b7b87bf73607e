// Whether a request is for a name that the admin API is known by. A page of an attacker can let its own host name lead to the
// gateway (DNS rebinding): the operator's browser then connects from where the operator is, but asks for that name.

/** Addresses, localhost and no name at all: no page but the gateway's own can be at these. `hostname`: the name of the address
 * besides; null: it has none. */
export function isOwnHost(host: string, hostname: string | null): boolean {
  const name = nameOf(host);
  return name === hostname || /^(localhost|\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])?$/.test(name);
}

/** `hosts`: names, or `*.` and a name, which stands for one label more. */
export function isIn(hosts: readonly string[], host: string): boolean {
  const name = nameOf(host);
  return hosts.includes(name) || hosts.includes(`*${name.slice(name.indexOf('.'))}`);
}

function nameOf(host: string): string {
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}

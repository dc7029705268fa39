/**
 * `Host` values under which a gateway is known: those of its own addresses, of every spelling of this machine where it
 * listens on that, and what a configuration adds.
 */
export function hostsOf(addresses: readonly string[], more: readonly string[] = []): ReadonlySet<string> {
  const hosts = new Set(more.map((host) => host.toLowerCase()));
  for (const address of addresses) {
    const { host, hostname, port } = new URL(address.replace(/^ws/, "http"));
    hosts.add(host);
    const isHere = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
    if (isHere) for (const name of ["localhost", "127.0.0.1", "[::1]"]) hosts.add(`${name}:${port}`);
  }
  return hosts;
}

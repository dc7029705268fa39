import { isIPv6 } from "node:net";

/** Groups of 16 bits in the part that a provider gives to one site at the least (RFC 6177; RFC 4291 section 2.5.4). */
const GROUPS = 4;
/** `::ffff:192.0.2.1`, as a socket for both kinds of addresses names an IPv4 one (RFC 4291 section 2.5.5.2). */
const MAPPED = /^::ffff:/i;

/** The /64 network of an IPv6 address. Any other text, an IPv4 address under its IPv6 name as well, stands for itself. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || MAPPED.test(address)) return address;
  const [bare = "", zone = ""] = address.split("%");
  // The one way of writing it (RFC 5952), which `URL` knows.
  const text = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [head = [], tail] = text.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return `${[...head, ...zeros, ...(tail ?? [])].slice(0, GROUPS).join(":")}::/64%${zone}`;
}

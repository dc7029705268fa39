/** An address in one spelling, for comparing (protocol.md 3.22, "under a location"). */
export interface HttpUrl {
  /** Scheme, host in lower case, port unless it is the scheme's own. */
  readonly origin: string;
  /** Decoded segments; a trailing slash adds none. */
  readonly path: readonly string[];
  /** Decoded, in order, repeated names kept. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

const ADDRESS = /^(https?):\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?((?:\/[^?#]*)?)(?:\?([^#]*))?$/;
/** What RFC 3986 allows in a path or query, and `|`, which FHIR tokens write bare. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?|%]*$/;
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: "80", https: "443" };

/**
 * Parses an absolute http or https address strictly. `undefined` for anything that two readers could read differently: user
 * information, a fragment, dot segments or empty segments in any spelling, an encoded slash or control character, broken
 * percent-encoding.
 */
export function parseHttpUrl(text: string): HttpUrl | undefined {
  const [, scheme, host, port, path = "", query] = ADDRESS.exec(text) ?? [];
  if (scheme === undefined || host === undefined || !PLAIN.test(path) || !PLAIN.test(query ?? "")) return undefined;
  const segments = path.replace(/\/$/, "").split("/").slice(1).map(decoded);
  // SECURITY: no path that a server may normalise into another, protocol.md 3.22 (C10).
  if (!segments.every((s) => s !== undefined && s !== "" && s !== "." && s !== ".." && !/[/\\\p{Cc}]/u.test(s))) {
    return undefined;
  }
  const pairs = query === undefined || query === "" ? [] : query.split("&").map(pairOf);
  if (!pairs.every((pair) => pair !== undefined)) return undefined;
  const suffix = port === undefined || port === DEFAULT_PORT[scheme] ? "" : `:${port}`;
  return {
    origin: `${scheme}://${host.toLowerCase()}${suffix}`,
    path: segments.filter((s) => s !== undefined),
    query: pairs,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function pairOf(text: string): readonly [string, string] | undefined {
  const equals = text.indexOf("=");
  const name = decoded((equals < 0 ? text : text.slice(0, equals)).replaceAll("+", " "));
  const value = decoded(equals < 0 ? "" : text.slice(equals + 1).replaceAll("+", " "));
  return name === undefined || name === "" || value === undefined ? undefined : [name, value];
}

/** The segments of `url` below `base`; `undefined` when it is not `base` or under it. */
export function segmentsBelow(url: HttpUrl, base: HttpUrl): readonly string[] | undefined {
  const under = url.origin === base.origin && base.path.every((segment, i) => segment === url.path[i]);
  return under && base.query.length === 0 ? url.path.slice(base.path.length) : undefined;
}

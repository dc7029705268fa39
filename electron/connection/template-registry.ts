import http from "node:http";
import https from "node:https";
import { rootCertificates } from "node:tls";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parseStrict, type Json } from "#shared/protocol/strict-json.ts";
import { template as templateSchema, type Template } from "#shared/protocol/template.ts";

/** Text of one address, or a failure. Nothing that comes this way has any authority of its own. */
export type HttpGet = (url: URL) => Promise<string>;

const MAX_BYTES = 256 * 1024;
const TIMEOUT_MS = 10_000;

/** Plain GET with a limit, a deadline and no redirects. `siteCa` as for sockets. */
export function httpGet(siteCa: string): HttpGet {
  return (url) =>
    new Promise((resolve, reject) => {
      const failed = (cause: unknown): void => {
        reject(new CountersignError("E_CLI_OFFLINE", undefined, { cause }));
      };
      const request = (url.protocol === "https:" ? https : http).get(
        url,
        {
          // For the whole answer: a host that sends a byte now and then holds nothing for longer.
          signal: AbortSignal.timeout(TIMEOUT_MS),
          // SECURITY: certificates are always checked; a site CA is added, never a bypass (reliability.md B8).
          rejectUnauthorized: true,
          minVersion: "TLSv1.2",
          ...(siteCa === "" ? {} : { ca: [...rootCertificates, siteCa] }),
        },
        (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on("data", (part: Buffer) => {
            size += part.length;
            parts.push(part);
            // SECURITY: a template is small; more is an attack on memory (T-34).
            if (size > MAX_BYTES) request.destroy(new Error("too large"));
          });
          response.on("error", failed);
          response.on("end", () => {
            if (response.statusCode === 200) resolve(Buffer.concat(parts).toString("utf8"));
            else failed(response.statusCode);
          });
        },
      );
      request.on("error", failed);
    });
}

/** Templates of a site's own, by digest, from the registry that the gateway names (protocol.md 3.3, 3.6). */
export interface TemplateRegistry {
  known(tplDig: string): Template | undefined;
  /** Undefined when it cannot be had, or is not what its digest says. */
  fetch(tplDig: string): Promise<Template | undefined>;
}

/** @param endpoint the gateway's WebSocket address: its host also answers for discovery */
export function makeTemplateRegistry(crypto: Crypto, get: HttpGet, endpoint: URL): TemplateRegistry {
  const known = new Map<string, Template>();
  const asked = new Map<string, Promise<Template | undefined>>();
  const origin = new URL("/", endpoint.href.replace(/^ws/, "http"));

  async function load(tplDig: string): Promise<Template | undefined> {
    const path = registryPath(await get(new URL("/.well-known/countersign-gateway", origin)));
    const place = new URL(origin);
    // SECURITY: as a path, not as a reference: `//host/…` would name another host.
    place.pathname = `${path}/${tplDig}`;
    const text = await get(place);
    const parsed = templateSchema.safeParse(parseStrict(text));
    // SECURITY: its digest is a template's only authority, protocol.md 3.6; wherever it came from, it is compared.
    if (!parsed.success || templateDigest(crypto, parsed.data) !== tplDig) return undefined;
    known.set(tplDig, parsed.data);
    return parsed.data;
  }

  return {
    known: (tplDig) => known.get(tplDig),
    fetch(tplDig) {
      const running = asked.get(tplDig);
      if (running) return running;
      const loading = load(tplDig)
        .catch((error: unknown) => {
          if (error instanceof CountersignError) return undefined;
          throw error;
        })
        .finally(() => {
          asked.delete(tplDig);
        });
      asked.set(tplDig, loading);
      return loading;
    },
  };
}

/** The registry is asked at the host of the connection: discovery is unsigned and must not send us elsewhere. */
function registryPath(discovery: string): string {
  const value: Json = parseStrict(discovery);
  const uri =
    typeof value === "object" && value !== null && !Array.isArray(value) ? value["template_registry_uri"] : undefined;
  if (typeof uri !== "string" || !URL.canParse(uri)) throw new CountersignError("E_CLM_SHAPE");
  return new URL(uri).pathname.replace(/\/$/, "");
}

import { readFileSync } from "node:fs";
import { createServer as createHttp, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { isIP, type AddressInfo } from "node:net";

import { CountersignError } from "#shared/protocol/error.ts";

import type { TransportLimits } from "./limits.ts";
import { boundPlainSockets } from "./plain-sockets.ts";

export interface ListenOptions {
  /** Host name or address to bind. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM files; without them only a loopback address is served. */
  readonly tls?: TlsFiles | undefined;
  readonly limits: TransportLimits;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Asks for a client certificate. Nobody is refused for having none, or an unknown one: the registry of agents judges it. */
  readonly clientCertificates?: boolean;
}

export interface Listening {
  readonly server: Server;
  /** `https://host:port`, or `http://…` on loopback, without a trailing slash. */
  readonly url: string;
  readonly secure: boolean;
  /** To be told of a socket that has become a WebSocket, which is counted elsewhere. */
  readonly upgraded: ReturnType<typeof boundPlainSockets>;
}

/**
 * Binds the gateway's one socket with its limits (reliability.md 2.2).
 * @throws CountersignError `E_TLS` (no or unreadable certificate for an address others can reach), `E_PORT_IN_USE`,
 * `E_CLI_INPUT` (the address cannot be bound)
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { host, port, tls, limits } = options;
  // SECURITY: plain sockets on loopback alone (README decision 17).
  if (tls === undefined && !isLoopback(host)) {
    throw new CountersignError("E_TLS", `${host} is not a loopback address: give --tls-cert and --tls-key.`);
  }
  const common = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.headersMs,
    connectionsCheckingInterval: limits.headersMs,
  };
  const server =
    tls === undefined
      ? createHttp(common)
      : // SECURITY: two minutes unless told, in which silent sockets hold every place there is (T-34).
        createSecure(
          { ...common, handshakeTimeout: limits.handshakeMs, ...readPair(tls) },
          tls.clientCertificates === true,
        );
  server.maxHeadersCount = limits.headerCount;
  // Room for plain HTTP beside the WebSockets.
  server.maxConnections = limits.maxConnections + limits.handshakes;
  const upgraded = boundPlainSockets(server, limits);
  await bind(server, host, port);
  const address = server.address();
  const bound = isAddressInfo(address) ? address.port : port;
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return {
    server,
    upgraded,
    secure: tls !== undefined,
    url: `${tls === undefined ? "http" : "https"}://${name}:${bound}`,
  };
}

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

const isAddressInfo = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === "object" && address !== null;

function createSecure(
  options: Parameters<typeof createHttps>[0] & { cert: Buffer; key: Buffer },
  requestCert: boolean,
): Server {
  try {
    // SECURITY: TLS 1.3, 1.2 at the least (protocol.md 3.4.1).
    return createHttps({ ...options, minVersion: "TLSv1.2", requestCert, rejectUnauthorized: false });
  } catch (cause) {
    throw new CountersignError("E_TLS", "The certificate and the key do not belong together or cannot be read.", {
      cause,
    });
  }
}

function readPair(tls: { readonly certFile: string; readonly keyFile: string }): { cert: Buffer; key: Buffer } {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (cause) {
      throw new CountersignError("E_TLS", `${file} cannot be read.`, { cause });
    }
  };
  return { cert: read(tls.certFile), key: read(tls.keyFile) };
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      reject(
        error.code === "EADDRINUSE"
          ? new CountersignError("E_PORT_IN_USE", `Port ${port} on ${host} is in use.`, { cause: error })
          : new CountersignError("E_CLI_INPUT", `${host}:${port} cannot be bound (${error.code ?? error.message}).`, {
              cause: error,
            }),
      );
    };
    server.once("error", refused);
    server.listen(port, host, () => {
      server.off("error", refused);
      resolve();
    });
  });
}

import type { ToolMapping } from "./mapping.ts";

/** Where MCP servers are and what an operator says of them. Types alone: no part of the SDK is needed to read them. */

/** A program that the gateway starts (MCP transports, "stdio"). */
export interface StdioServer {
  /** Program and its arguments. Never a shell. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** An address (MCP transports, "Streamable HTTP"). */
export interface HttpServer {
  readonly url: string;
  /** `Authorization` of every message, where the server asks for one. */
  readonly authorization?: string;
  readonly fetch?: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

export type ServerPlace = StdioServer | HttpServer;

export interface McpServerOptions {
  readonly place: ServerPlace;
  /** The operator's word that an error of this server's tools means that nothing was done. */
  readonly errorsMeanNothingDone?: boolean;
  /** Tools that are FHIR interactions, by their names at this server. */
  readonly map?: Readonly<Record<string, ToolMapping>>;
}

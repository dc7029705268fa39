import { CountersignError } from "#shared/protocol/error.ts";

/** Address of a tool: `mcp:<server>/<tool>` (protocol.md 3.5). The server's name has no slash, a tool's may have. */
export const toolUrl = (server: string, tool: string): string => `${toolServer(server)}/${tool}`;

/** A server by itself: `locations` of a grant, audience of its token. */
export const toolServer = (server: string): string => `mcp:${server}`;

/** @throws CountersignError `E_OP_UNSUPPORTED` */
export function readToolUrl(url: string): { readonly server: string; readonly tool: string } {
  const [, server, tool] = /^mcp:([^/]+)\/(.+)$/s.exec(url) ?? [];
  if (server === undefined || tool === undefined) throw new CountersignError("E_OP_UNSUPPORTED", "It names no tool.");
  return { server, tool };
}

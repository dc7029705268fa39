import type { ServerResponse } from "node:http";

import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

/** Sets what every answer carries, before any route runs. */
export function harden(res: ServerResponse, secure: boolean): void {
  // SECURITY: nothing here is a page: no script, no frame, no sniffing, no cache, no referrer, no cookie (OWASP).
  res.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("Referrer-Policy", "no-referrer");
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  if (secure) res.setHeader("Strict-Transport-Security", "max-age=31536000");
}

export function sendText(res: ServerResponse, status: number, media: string, text: string): void {
  res.writeHead(status, { "Content-Type": media, "Content-Length": Buffer.byteLength(text) });
  res.end(text);
}

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  sendText(res, status, "application/json", JSON.stringify(value));
}

/** An error as `{code, title}` with the registry's sentence. */
export function sendError(res: ServerResponse, status: number, code: ErrorCode): void {
  sendJson(res, status, { code, title: CODES[code].text });
}

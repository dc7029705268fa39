import { APP_HOST, APP_SCHEME } from "#shared/ipc/channels.ts";

import type { AppFile } from "./app-files.ts";
import { contentSecurityPolicy } from "./csp.ts";

/** What `protocol.registerSchemesAsPrivileged` is told before the app is ready. */
export const appScheme = {
  scheme: APP_SCHEME,
  // SECURITY: a standard, secure scheme has a real origin; it is not CORS-enabled, allows no service workers and does not
  // bypass the policy (Electron checklist 18).
  privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: false, bypassCSP: false },
} as const;

const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

/** Serves the built page from memory; every HTML load gets a nonce of its own. `makeNonce` gives at least 128 bits. */
export function appProtocol(
  files: ReadonlyMap<string, AppFile>,
  makeNonce: () => string,
): (request: Request) => Response {
  return (request) => {
    const url = new URL(request.url);
    const file = url.host === APP_HOST && request.method === "GET" ? files.get(url.pathname) : undefined;
    if (!file) return new Response("Not found", { status: 404, headers: SECURITY_HEADERS });
    if (!file.media.startsWith("text/html")) {
      return new Response(file.bytes, { headers: { ...SECURITY_HEADERS, "Content-Type": file.media } });
    }
    const nonce = makeNonce();
    const html = new TextDecoder().decode(file.bytes).replaceAll("{{nonce}}", nonce);
    return new Response(html, {
      headers: {
        ...SECURITY_HEADERS,
        "Content-Type": file.media,
        "Content-Security-Policy": contentSecurityPolicy(nonce),
      },
    });
  };
}

/**
 * The content security policy of one load of the page (approval-experience.md 14.4). `nonce` is fresh per load.
 * SECURITY: Electron checklist 7: nothing but the app's own files, no connections (the socket lives in main), styles by
 * nonce, and Trusted Types with no policy: no string can become markup or code.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

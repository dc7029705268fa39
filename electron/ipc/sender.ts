import { APP_HOST, APP_SCHEME } from "#shared/ipc/channels.ts";

/** What the door needs to know of the frame that called. */
export interface SenderFrame {
  readonly url: string;
  /** Null for the main frame. */
  readonly parent: unknown;
}

/**
 * True only for the main frame of the app's own page.
 * SECURITY: Electron checklist 17, reliability.md 1.1: the frame exists, is the main frame, and its URL parses to exactly
 * the app's scheme and host; an empty or unparsable URL is a stranger.
 */
export function isOwnPage(frame: SenderFrame | null): boolean {
  if (frame?.parent !== null) return false;
  let url: URL;
  try {
    url = new URL(frame.url);
  } catch {
    return false;
  }
  return url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST;
}

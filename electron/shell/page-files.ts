import type { Session } from "electron";

import { APP_ORIGIN } from "#shared/ipc/channels.ts";

import type { AppFile } from "./app-files.ts";

const NAMED = /(?:src|href)="([^"]+)"/g;

/** What a page names in its own text: scripts, what they import, styles. URL paths. */
export function filesOf(files: ReadonlyMap<string, AppFile>, page: string): ReadonlySet<string> {
  const html = new TextDecoder().decode(files.get(page)?.bytes);
  const named = Array.from(html.matchAll(NAMED), ([, name = ""]) => new URL(name, APP_ORIGIN + page).pathname);
  return new Set(named.filter((name) => files.has(name)));
}

/**
 * Resolves when the page has all of these, or an answer that there is none. They come through this process, piece by
 * piece: whatever it loads meanwhile keeps the page waiting for every piece (reliability.md R7).
 */
export function delivered(session: Session, names: ReadonlySet<string>): Promise<void> {
  const awaited = new Set(names);
  return new Promise((resolve) => {
    session.webRequest.onCompleted(({ url }) => {
      awaited.delete(new URL(url).pathname);
      if (awaited.size > 0) return;
      session.webRequest.onCompleted(null);
      resolve();
    });
  });
}

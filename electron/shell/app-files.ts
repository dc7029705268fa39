import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const MEDIA: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
};

export interface AppFile {
  readonly media: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the built page once into a fixed map of URL path → file. At once: while Chromium starts, an answer to something
 * asynchronous is heard a tenth of a second later.
 * SECURITY: Electron checklist 18: a request is looked up in the map; no path is ever joined from a URL.
 */
export function loadAppFiles(folder: string): ReadonlyMap<string, AppFile> {
  const files = new Map<string, AppFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const media = MEDIA[path.extname(entry.name)];
    if (!entry.isFile() || media === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    const url = `/${path.relative(folder, file).split(path.sep).join("/")}`;
    files.set(url, { media, bytes: new Uint8Array(readFileSync(file)) });
  }
  return files;
}

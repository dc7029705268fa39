import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../../ports.ts";
import type { PageReads, PagesFound } from "../pages.ts";
import type { Sql } from "./sql.ts";
import { emptyWriteAhead } from "./write-ahead.ts";

/** The write-ahead file is let grow to this while another process looks, which is four times what it has otherwise. */
const MOST_AHEAD_BYTES = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 1000;
const AUTOCHECKPOINT_PAGES = 1000;

/** Its whole world is one file, which it reads at the lowest priority. 11 and 26: SQLITE_CORRUPT, SQLITE_NOTADB. */
const LOOK = `
const { DatabaseSync } = require("node:sqlite");
require("node:os").setPriority(19);
try {
  const db = new DatabaseSync(new URL(process.argv[1]), { readOnly: true });
  process.stdout.write(db.prepare("PRAGMA quick_check(1)").get().quick_check === "ok" ? "sound" : "damaged");
} catch (error) {
  process.stdout.write([11, 26].includes(error.errcode & 255) ? "damaged" : "unsure");
}`;

/**
 * Damage in a page that nothing has read yet would be met in the middle of work. What was signed is compared with its
 * digests and the log by the audit; this is for everything else (reliability.md D4).
 * @throws CountersignError `E_STORE_CORRUPT`
 */
export function checkPages(db: DatabaseSync): void {
  const found = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw new CountersignError("E_STORE_CORRUPT", undefined, { cause: new Error(String(found)) });
}

export function pagesOf(db: DatabaseSync, sql: Sql): PageReads {
  const file = db.location();
  return {
    pageBytes: () => (file === null ? 0 : statSync(file).size),
    checkPages: () => checkPages(db),
    async checkPagesBeside(clock, signal) {
      if (file === null) return "unsure";
      if (!emptyWriteAhead(sql)) return "unsure";
      // From here on nothing is written to the file itself: every commit goes to the write-ahead file alone, so another process
      // may read it as one that does not change (https://www.sqlite.org/uri.html#uriimmutable), past the lock that this one holds.
      sql.all("PRAGMA wal_autocheckpoint = 0");
      const before = stampOf(file);
      try {
        const found = await look(file, clock, signal);
        // An erasure has cut the write-ahead file meanwhile, say: what was read may be of two moments.
        return stampOf(file) === before ? found : "unsure";
      } finally {
        if (db.isOpen) db.exec(`PRAGMA wal_autocheckpoint = ${String(AUTOCHECKPOINT_PAGES)}`);
      }
    },
  };
}

function stampOf(file: string): string {
  const { mtimeNs, size } = statSync(file, { bigint: true });
  return `${String(mtimeNs)} ${String(size)}`;
}

async function look(file: string, clock: Clock, signal: AbortSignal): Promise<PagesFound> {
  const url = pathToFileURL(file);
  url.searchParams.set("immutable", "1");
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--no-warnings", "-e", LOOK, url.href], {
    ...{ stdio: ["ignore", "pipe", "ignore"], env, signal, killSignal: "SIGKILL" },
  });
  let cancel = (): void => undefined;
  let isLeft = false;
  const watch = (): void => {
    const ahead = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    isLeft = ahead > MOST_AHEAD_BYTES;
    if (isLeft) child.kill("SIGKILL");
    else cancel = clock.after(LOOK_EVERY_MS, watch);
  };
  watch();
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said += text));
  return await new Promise<PagesFound>((resolve) => {
    const end = (found: PagesFound): void => {
      cancel();
      resolve(found);
    };
    // It cannot be started, or was ended.
    child.on("error", () => end("unsure"));
    child.on("close", () => end(!isLeft && (said === "sound" || said === "damaged") ? said : "unsure"));
  });
}

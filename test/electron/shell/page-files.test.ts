import { EventEmitter } from "node:events";

import type { Session } from "electron";
import { expect, it } from "vitest";

import { APP_ORIGIN } from "#shared/ipc/channels.ts";

import { delivered, filesOf } from "../../../electron/shell/page-files.ts";

const file = (text: string) => ({ media: "text/html", bytes: new TextEncoder().encode(text) });
const files = new Map([
  [
    "/index.html",
    file(
      '<script src="./nonce.js"></script><script src="./assets/a.js"></script><link href="/assets/a.css"><a href="./gone">',
    ),
  ],
  ["/nonce.js", file("")],
  ["/assets/a.js", file("")],
  ["/assets/a.css", file("")],
  ["/assets/later.js", file("")],
]);

type Listener = ((details: { readonly url: string }) => void) | null;

function fakeSession() {
  const requests = new EventEmitter();
  let listening = 0;
  const webRequest = {
    onCompleted(listener: Listener): void {
      requests.removeAllListeners();
      listening = listener === null ? 0 : 1;
      if (listener !== null) requests.on("completed", listener);
    },
  };
  return {
    session: { webRequest } as unknown as Session,
    complete: (name: string) => requests.emit("completed", { url: `${APP_ORIGIN}${name}` }),
    listening: () => listening,
  };
}

it("a page's files are those it names and that are there", () => {
  expect(filesOf(files, "/index.html")).toEqual(new Set(["/nonce.js", "/assets/a.js", "/assets/a.css"]));
});

it("the page has its files when the last one it names was delivered, in whatever order, and nobody listens any longer", async () => {
  const { session, complete, listening } = fakeSession();
  let isDone = false;
  const done = delivered(session, filesOf(files, "/index.html")).then(() => {
    isDone = true;
  });
  for (const name of ["/index.html", "/assets/a.css", "/assets/a.js", "/assets/a.js"]) complete(name);
  await Promise.resolve();
  expect([isDone, listening()]).toEqual([false, 1]);
  complete("/nonce.js");
  await done;
  expect(listening()).toBe(0);
});

import { once } from "node:events";

import { WebSocket } from "ws";

interface Told {
  readonly method?: string;
  readonly params?: { readonly targetInfo?: { readonly type: string; readonly url: string; readonly title: string } };
}

/**
 * Waits until a started Electron shows a page whose URL begins with `address` and that has a title. Who attaches Playwright earlier may never hear of
 * the page: its first navigation can fall between two questions (demo/tour/wait-for-debugger.cjs).
 * @param debuggerUrl the browser's own debugging address, `ws:`
 */
export async function shownPage(debuggerUrl: string, address: string): Promise<void> {
  const socket = new WebSocket(debuggerUrl);
  try {
    await once(socket, "open");
    const shown = new Promise<void>((resolve, reject) => {
      socket.on("message", (data) => {
        const text = Buffer.isBuffer(data) ? data.toString("utf8") : "";
        const { params } = JSON.parse(text) as Told;
        const page = params?.targetInfo;
        if (page?.type === "page" && page.url.startsWith(address) && page.title !== "") resolve();
      });
      socket.once("close", () => reject(new Error("the app ended before it showed a page")));
    });
    socket.send(JSON.stringify({ id: 1, method: "Target.setDiscoverTargets", params: { discover: true } }));
    await shown;
  } finally {
    socket.close();
  }
}

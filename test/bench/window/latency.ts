import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { WebSocketServer, type WebSocket } from "ws";

/** Milliseconds, one for each arrival. */
export type Delays = readonly number[];

/** Wall time in milliseconds with fractions: the same clock in every process of this machine. */
export const wallMs = (): number => performance.timeOrigin + performance.now();

/**
 * Watches a page for the next change of an element's text, and resolves to the wall time once that is painted: after the
 * frame that shows it, as R9 has it.
 */
export async function nextPaint(page: Page, selector: string): Promise<{ readonly painted: Promise<number> }> {
  await page.evaluate((where) => {
    const painted = new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(performance.timeOrigin + performance.now());
          port2.postMessage(undefined);
        });
      });
      const element = document.querySelector(where);
      if (element === null) throw new Error(`nothing is ${where}`);
      observer.observe(element, { childList: true, characterData: true, subtree: true });
    });
    Object.assign(globalThis, { painted });
  }, selector);
  return {
    painted: page.evaluate(() => (globalThis as unknown as { readonly painted: Promise<number> }).painted),
  };
}

export interface RawFeed {
  /** What the bare page connects to. */
  readonly url: string;
  /** Sends one message, of about the size of a request, and resolves to the wall time before it did. */
  send(text: string): Promise<number>;
  close(): Promise<void>;
}

/** A server that does nothing but send: the raw contender of R9. */
export async function startRawFeed(): Promise<RawFeed> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connected = once(server, "connection").then(([socket]) => socket as WebSocket);
  return {
    url: `ws://127.0.0.1:${String(port)}/`,
    async send(text) {
      const socket = await connected;
      const at = wallMs();
      socket.send(text);
      return at;
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

export function quantile(delays: Delays, part: number): number {
  const sorted = delays.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN;
}

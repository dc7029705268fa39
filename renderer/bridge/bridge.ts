import type { Bridge, Reply, WireFault } from "#shared/ipc/contract.ts";

declare global {
  interface Window {
    /** The one door to main, put there by the preload. Absent in a page that Electron did not load. */
    readonly countersign?: Bridge;
  }
}

/** A command's reply, or the fault that stands for a door that did not answer at all. */
export async function ask<T>(reply: Promise<Reply<T>>): Promise<Reply<T>> {
  try {
    return await reply;
  } catch {
    return { ok: false, error: NO_ANSWER };
  }
}

const NO_ANSWER: WireFault = {
  code: "E_INTERNAL",
  message:
    "This app's own main process did not answer. Nothing is known to be sent. Close Countersign and start it again.",
};

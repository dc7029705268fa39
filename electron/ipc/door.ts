import { ipcMain, type WebContents } from "electron";

import { COMMAND_CHANNEL, EVENT_CHANNEL } from "#shared/ipc/channels.ts";
import type { AppEvent, Reply } from "#shared/ipc/contract.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { isOwnPage } from "./sender.ts";

/** Parses one call, runs its handler and replies ({@link dispatch}). Never throws. */
export type Answer = (raw: unknown) => Promise<Reply<unknown>>;

/**
 * Opens the one door: sender check, then who answers: parse, handler, reply. The only file that touches `ipcMain`. A call
 * that comes before there is an answer waits for it. Returns its closing.
 * @param refusedSender told of messages from strangers; of what was in them nothing is told
 */
export function openDoor(answer: Promise<Answer>, refusedSender: () => void): () => void {
  ipcMain.handle(COMMAND_CHANNEL, async (event, raw: unknown): Promise<Reply<unknown>> => {
    // SECURITY: Electron checklist 17: every message's sender is checked before it is read.
    if (!isOwnPage(event.senderFrame)) {
      refusedSender();
      return { ok: false, error: { code: "E_FORBIDDEN", message: sentenceOf("E_FORBIDDEN") } };
    }
    return (await answer)(raw);
  });
  return () => {
    ipcMain.removeHandler(COMMAND_CHANNEL);
  };
}

/** Sends one event to the page; a page that is gone misses it and asks for a snapshot when it is back. */
export function sendEvent(page: WebContents, event: AppEvent): void {
  if (!page.isDestroyed()) page.send(EVENT_CHANNEL, event);
}

import { ipcMain, type WebContents } from "electron";

import { COMMAND_CHANNEL, EVENT_CHANNEL } from "#shared/ipc/channels.ts";
import type { AppEvent, Reply } from "#shared/ipc/contract.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { dispatch, type Handlers } from "./dispatch.ts";
import { isOwnPage } from "./sender.ts";

/** Told of what was refused or failed: names and codes only, never content. */
export interface DoorLog {
  refusedSender(): void;
  fault(command: string, error: unknown): void;
}

/** Opens the one door: sender check, parse, handler, reply. The only file that touches `ipcMain`. Returns its closing. */
export function openDoor(handlers: Handlers, log: DoorLog): () => void {
  ipcMain.handle(COMMAND_CHANNEL, async (event, raw: unknown): Promise<Reply<unknown>> => {
    // SECURITY: Electron checklist 17: every message's sender is checked before it is read.
    if (!isOwnPage(event.senderFrame)) {
      log.refusedSender();
      return { ok: false, error: { code: "E_FORBIDDEN", message: sentenceOf("E_FORBIDDEN") } };
    }
    return dispatch(handlers, raw, (command, error) => {
      log.fault(command, error);
    });
  });
  return () => {
    ipcMain.removeHandler(COMMAND_CHANNEL);
  };
}

/** Sends one event to the page; a page that is gone misses it and asks for a snapshot when it is back. */
export function sendEvent(page: WebContents, event: AppEvent): void {
  if (!page.isDestroyed()) page.send(EVENT_CHANNEL, event);
}

import { Notification } from "electron";

/**
 * Text of the one notification: counts and a time, nothing else (approval-experience.md 6 and 8, class K).
 * `expires` is already formatted, e.g. `14:45`.
 */
function noticeText(name: string, count: number, expires: string): { readonly title: string; readonly body: string } {
  return {
    title: name,
    body: `${String(count)} ${count === 1 ? "request needs" : "requests need"} you. The first expires ${expires}.`,
  };
}

export interface NoticeActions {
  readonly open: () => void;
  readonly remindLater: () => void;
}

/** SECURITY: what a notification can do, all of it: no decision is taken there (approval-experience.md 6, P6; AC19). */
export const NOTICE_BUTTONS = ["Open", "Remind me in 10 min"] as const;

/** At most one live notification; a newer one replaces it. */
export interface Notices {
  show(count: number, expires: string): void;
  clear(): void;
}

export function makeNotices(name: string, actions: NoticeActions): Notices {
  let live: Notification | undefined;
  const clear = () => {
    live?.close();
    live = undefined;
  };
  return {
    clear,
    show(count, expires) {
      clear();
      if (!Notification.isSupported()) return;
      // Buttons are drawn by macOS, and by Windows with newer Electron; where they are not, a click opens the window.
      const buttons = NOTICE_BUTTONS.map((text) => ({ type: "button" as const, text }));
      live = new Notification({ ...noticeText(name, count, expires), silent: true, actions: buttons });
      live.on("click", actions.open);
      live.on("action", (_event, index) => {
        if (index === 0) actions.open();
        else actions.remindLater();
      });
      // A desktop without a notification service is a fact of the workstation, not a fault of ours.
      live.on("failed", clear);
      live.show();
    },
  };
}

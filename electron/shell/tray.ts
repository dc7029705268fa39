import { Menu, nativeImage, Tray } from "electron";

export interface TrayActions {
  readonly openQueue: () => void;
  readonly lock: () => void;
  readonly setPaused: (isPaused: boolean) => void;
  readonly quit: () => void;
}

export interface AppTray {
  setWaiting(count: number): void;
  /** Until when notifications are paused, e.g. `14:45 GMT`; undefined when they are not. */
  setPausedUntil(time: string | undefined): void;
  remove(): void;
}

/** The tray: open, lock, pause notifications, quit. SECURITY: no decision here (approval-experience.md 6, P6). */
export function makeTray(icon: Buffer, name: string, actions: TrayActions): AppTray {
  const tray = new Tray(nativeImage.createFromBuffer(icon));
  let waiting = 0;
  let pausedUntil: string | undefined;
  const draw = () => {
    tray.setToolTip(waiting === 0 ? name : `${name}: ${String(waiting)} waiting`);
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: waiting === 0 ? "Open queue" : `Open queue (${String(waiting)})`, click: actions.openQueue },
        { label: "Lock", click: actions.lock },
        pausedUntil === undefined
          ? {
              label: "Pause notifications 30 min",
              click: () => {
                actions.setPaused(true);
              },
            }
          : {
              label: `Notifications paused until ${pausedUntil}. Resume`,
              click: () => {
                actions.setPaused(false);
              },
            },
        { type: "separator" },
        { label: "Quit", click: actions.quit },
      ]),
    );
  };
  tray.on("click", actions.openQueue);
  draw();
  return {
    setWaiting(count) {
      waiting = count;
      draw();
    },
    setPausedUntil(time) {
      if (time === pausedUntil) return;
      pausedUntil = time;
      draw();
    },
    remove: () => {
      tray.destroy();
    },
  };
}

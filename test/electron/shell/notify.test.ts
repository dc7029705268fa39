import { describe, expect, it } from "vitest";

import { makeDesktop } from "../../../electron/shell/notify.ts";
import { makeManualClock } from "../manual-clock.ts";

const NOW = 1_790_000_000;

function arrange() {
  const clock = makeManualClock();
  const told: string[] = [];
  let focused = false;
  const desktop = makeDesktop({
    clock,
    notices: {
      show: (count, expires) => {
        told.push(`notice ${String(count)} ${expires}`);
      },
      clear: () => {
        told.push("clear");
      },
    },
    tray: {
      setWaiting: (count) => {
        told.push(`tray ${String(count)}`);
      },
      setPausedUntil: (time) => {
        told.push(`paused ${time ?? "no"}`);
      },
    },
    setBadge: (count) => {
      told.push(`badge ${String(count)}`);
    },
    isFocused: () => focused,
    zone: () => "Europe/London",
    nowS: () => NOW,
  });
  return {
    clock,
    desktop,
    told,
    /** What was told since it was last asked. */
    news: () => told.splice(0),
    focus: (is: boolean) => {
      focused = is;
    },
  };
}

const ONE = { count: 1, firstExp: NOW + 900, arrived: true };

describe("what the desktop is told", () => {
  it("is a count and a time, and only of what is new", () => {
    const t = arrange();
    t.desktop.tell(ONE);
    t.desktop.tell({ ...ONE, arrived: false });
    expect(t.told).toEqual(["tray 1", "badge 1", "notice 1 15:28 BST"]);
  });

  it("is silent while the window is in use, and taken back when nothing waits", () => {
    const t = arrange();
    t.focus(true);
    t.desktop.tell({ ...ONE, count: 2 });
    t.desktop.tell({ count: 0, arrived: false });
    expect(t.told).toEqual(["tray 2", "badge 2", "clear", "tray 0", "badge 0", "clear"]);
  });

  it("is told again ten minutes after a person asked for that, if something waits then", () => {
    const t = arrange();
    t.desktop.tell(ONE);
    t.news();
    t.desktop.remindLater();
    t.clock.advance(599_000);
    expect(t.news()).toEqual(["clear"]);
    t.clock.advance(1_000);
    expect(t.news()).toEqual(["notice 1 15:28 BST"]);
    t.desktop.remindLater();
    t.desktop.tell({ count: 0, arrived: false });
    t.news();
    t.clock.advance(600_000);
    expect(t.news()).toEqual([]);
  });

  it("is no notification while they are paused: tray and badge go on counting, and what waits is said at the end", () => {
    const t = arrange();
    t.desktop.setPaused(true);
    expect(t.news()).toEqual(["paused no", "clear", "paused 15:43 BST"]);
    t.desktop.tell(ONE);
    expect(t.news()).toEqual(["tray 1", "badge 1"]);
    t.clock.advance(1_800_000);
    expect(t.news()).toEqual(["paused no", "notice 1 15:28 BST"]);
  });

  it("comes again when the pause is ended by hand, with the next arrival", () => {
    const t = arrange();
    t.desktop.setPaused(true);
    t.desktop.setPaused(false);
    t.news();
    t.desktop.tell(ONE);
    expect(t.news()).toEqual(["tray 1", "badge 1", "notice 1 15:28 BST"]);
    t.clock.advance(1_800_000);
    expect(t.news()).toEqual([]);
  });
});

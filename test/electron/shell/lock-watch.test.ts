import { EventEmitter } from "node:events";

import { describe, expect, it } from "vitest";

import { watchForLock } from "../../../electron/shell/lock-watch.ts";
import { makeManualClock } from "../manual-clock.ts";

const HOUR_S = 3600;

function arrange() {
  const clock = makeManualClock();
  const events = new EventEmitter();
  let state: "active" | "idle" | "locked" = "active";
  let systemIdleS = HOUR_S;
  let locks = 0;
  const said: (string | undefined)[] = [];
  const monitor = {
    on: (event: string, fn: () => void) => events.on(event, fn),
    removeListener: (event: string, fn: () => void) => events.removeListener(event, fn),
    getSystemIdleState: () => state,
    getSystemIdleTime: () => systemIdleS,
  };
  const watch = watchForLock(
    monitor,
    clock,
    { hideAfterS: 60, lockAfterS: 120 },
    {
      lock: () => {
        locks++;
      },
      onIdle: (idle) => {
        said.push(idle);
      },
    },
  );
  return {
    clock,
    events,
    watch,
    said,
    locks: () => locks,
    session: (next: typeof state) => {
      state = next;
    },
    systemIdle: (seconds: number) => {
      systemIdleS = seconds;
    },
    /** Second by second, as the poll sees it. */
    pass: (seconds: number) => {
      for (let at = 0; at < seconds; at++) clock.advance(1000);
    },
  };
}

describe("the lock", () => {
  it.each(["lock-screen", "suspend"])("follows the system's %s at once", (event) => {
    const t = arrange();
    t.events.emit(event);
    expect(t.locks()).toBe(1);
  });

  it("follows a locked session that sends no event", () => {
    const t = arrange();
    t.session("locked");
    t.pass(1);
    expect(t.locks()).toBe(1);
  });

  it("hides after a minute without input, warns twenty seconds before it locks, and locks after two minutes", () => {
    const t = arrange();
    t.pass(59);
    expect(t.said).toEqual([]);
    t.pass(1);
    expect(t.said).toEqual(["hidden"]);
    t.pass(39);
    expect(t.said).toEqual(["hidden"]);
    t.pass(1);
    expect(t.said).toEqual(["hidden", "locking"]);
    t.pass(19);
    expect(t.locks()).toBe(0);
    t.pass(1);
    expect(t.locks()).toBe(1);
    expect(t.said).toEqual(["hidden", "locking", undefined]);
  });

  it("is put off by input that reaches the window, at once", () => {
    const t = arrange();
    t.pass(110);
    expect(t.watch.touch(), "it brought the screen back").toBe(true);
    expect(t.watch.touch(), "the next one is a person's").toBe(false);
    expect(t.said.at(-1)).toBeUndefined();
    t.pass(59);
    expect(t.said).toEqual(["hidden", "locking", undefined]);
    expect(t.locks()).toBe(0);
  });

  it("does not come while somebody uses another program of this workstation", () => {
    const t = arrange();
    t.systemIdle(3);
    t.pass(600);
    expect(t.said).toEqual([]);
    expect(t.locks()).toBe(0);
  });

  it("watches no longer once it was stopped", () => {
    const t = arrange();
    t.watch.stop();
    t.session("locked");
    t.pass(60);
    t.events.emit("suspend");
    expect(t.locks()).toBe(0);
  });
});

import { describe, expect, it } from "vitest";

import { makeLeftBehind } from "../../../electron/ipc/left-behind.ts";
import { makeManualClock } from "../manual-clock.ts";

const key = { iss: "https://gw.example", rid: "019f0000-0000-7000-8000-000000000001" };
const other = { ...key, rid: "019f0000-0000-7000-8000-000000000002" };
const draft = { code: "not-needed", note: "looks like a mistake", report_agent: true } as const;
const [OKAFOR, LEE] = ["urn:okafor", "urn:lee"];
const at = { at: 1_790_000_000, sent: false };

function locked(reading = key, notice = at) {
  const clock = makeManualClock();
  const left = makeLeftBehind(clock);
  left.keep({ key, draft });
  left.lock(OKAFOR, reading, notice);
  return { clock, left };
}

describe("what a person had open and was writing when the app was locked (approval-experience.md 6)", () => {
  it("is theirs again within five minutes, once", () => {
    const { clock, left } = locked();
    clock.advance(299_000);
    expect(left.take(OKAFOR)).toEqual({ key, why: "lock", ...at, draft });
    expect(left.take(OKAFOR)).toBeUndefined();
  });

  it("loses its draft after five minutes, whether a timer ran or the computer slept; what was open stays known", () => {
    const { clock, left } = locked();
    clock.advance(300_000);
    expect(left.take(OKAFOR)).toEqual({ key, why: "lock", ...at });
    const slept = locked();
    slept.clock.jump(300_000);
    expect(slept.left.take(OKAFOR)).toEqual({ key, why: "lock", ...at });
  });

  it("reaches nobody else, and is forgotten as soon as somebody else comes", () => {
    const { left } = locked();
    expect(left.take(LEE)).toBeUndefined();
    expect(left.take(OKAFOR)).toBeUndefined();
  });

  it("has no draft of another request, of one that was put away, or beside a signature that was sent", () => {
    expect(locked(other).left.take(OKAFOR)).toEqual({ key: other, why: "lock", ...at });
    const sent = { ...at, sent: true };
    expect(locked(key, sent).left.take(OKAFOR)).toEqual({ key, why: "lock", ...sent });
    const left = makeLeftBehind(makeManualClock());
    left.keep({ key, draft });
    left.keep(undefined);
    left.lock(OKAFOR, key, at);
    expect(left.take(OKAFOR)).toEqual({ key, why: "lock", ...at });
  });

  it("is nothing where nothing was open, and a draft does not outlive its session", () => {
    const left = makeLeftBehind(makeManualClock());
    left.keep({ key, draft });
    left.lock(OKAFOR, undefined, undefined);
    expect(left.take(OKAFOR)).toBeUndefined();
    left.lock(OKAFOR, key, at);
    expect(left.take(OKAFOR)).toEqual({ key, why: "lock", ...at });
  });
});

import { describe, expect, test } from "vitest";

import { SILENT, speak } from "../../../renderer/ui/announcer.ts";
import type { Announcements } from "../../../renderer/ui/announcer.ts";

function spoken(state: Announcements, sentence: string, kind: "batch" | "polite" | "assertive", nowMs: number) {
  const verdict = speak(state, sentence, kind, nowMs);
  if (verdict.kind !== "speak") throw new Error(`expected it to be spoken: ${verdict.kind}`);
  return verdict.after;
}

describe("live regions (approval-experience.md 10.7)", () => {
  test("arrivals are spoken at most once per ten seconds", () => {
    const after = spoken(SILENT, "2 new requests.", "batch", 0);
    expect(speak(after, "3 new requests.", "batch", 4000)).toEqual({ kind: "wait", ms: 6000 });
    expect(speak(after, "3 new requests.", "batch", 10_000).kind).toBe("speak");
  });

  test("the same sentence is never repeated within sixty seconds", () => {
    const after = spoken(SILENT, "Not connected.", "assertive", 0);
    expect(speak(after, "Not connected.", "assertive", 59_999).kind).toBe("drop");
    expect(speak(after, "Not connected.", "assertive", 60_000).kind).toBe("speak");
  });

  test("what concerns the open request does not wait for a batch", () => {
    const after = spoken(SILENT, "2 new requests.", "batch", 0);
    expect(speak(after, "This request changed.", "assertive", 1).kind).toBe("speak");
    expect(speak(after, "Copied.", "polite", 1).kind).toBe("speak");
  });

  test("old sentences are forgotten", () => {
    const after = spoken(spoken(SILENT, "one", "polite", 0), "two", "polite", 60_000);
    expect([...after.spoken.keys()]).toEqual(["two"]);
  });
});

import { describe, expect, it } from "vitest";

import { makeGateway } from "../../../renderer/bridge/fake/snapshot.ts";
import { NOW } from "../../../renderer/bridge/fake/time.ts";
import { noticesOf, resumedOf } from "../../../renderer/shell/connection.ts";

const notices = (change: Parameters<typeof makeGateway>[0]) =>
  noticesOf([makeGateway(change)], () => NOW, "Europe/London").map(({ kind, text, by, isUrgent }) => ({
    ...{ kind, text, isUrgent },
    ...(by === undefined ? {} : { by }),
  }));

describe("a gateway where everything is stopped", () => {
  const at = NOW - 28 * 60;
  it("says since when, and by whom only where that is proven: the name is drawn, and not in what is spoken", () => {
    expect(notices({ everything_stopped: { at, by: "LEE, Min (Dr)", proof: "statement" } })).toEqual([
      { kind: "stop", text: "Everything is stopped since 14:04 GMT", by: "LEE, Min (Dr)", isUrgent: true },
    ]);
    const receipt = { at, by: "LEE, Min (Dr)", proof: "receipt" } as const;
    expect(notices({ everything_stopped: receipt })).toEqual([
      { kind: "stop", text: "Everything is stopped since 14:04 GMT", by: "LEE, Min (Dr)", isUrgent: true },
    ]);
    expect(noticesOf([makeGateway({ everything_stopped: receipt })], () => NOW, "Europe/London")[0]?.means).toMatch(
      /^The gateway's receipt says who; why is told to supervisors\. Agents/,
    );
    expect(notices({ everything_stopped: { at, proof: "none" } })).toEqual([
      { kind: "stop", text: "Everything is stopped since 14:04 GMT by those who run the gateway.", isUrgent: true },
    ]);
    expect(notices({ everything_stopped: { at, proof: "not_valid" } })).toEqual([
      {
        kind: "stop",
        text: "Everything is stopped since 14:04 GMT. Who stopped it cannot be proven: tell IT.",
        isUrgent: true,
      },
    ]);
  });

  it("tells who may resume it where, and nobody else", () => {
    const means = (change: Parameters<typeof makeGateway>[0]) =>
      noticesOf([makeGateway({ everything_stopped: { at, proof: "none" }, ...change })], () => NOW, "Europe/London")[0]
        ?.means;
    expect(means({ may_stop: true })).toMatch(/You may resume it in History or Insights\.$/);
    expect(means({})).toMatch(/until it is resumed\.$/);
  });

  it("says once that it is resumed, of which gateway where there are several, and nothing of one that is gone", () => {
    const [here, there] = [makeGateway({}), makeGateway({ iss: "https://gw.elmwood.example", name: "Elmwood" })];
    const before = new Set([here.iss]);
    expect(resumedOf(before, [here])).toEqual(["Everything is resumed. Agents can ask again."]);
    expect(resumedOf(before, [here, there])).toEqual([`${here.name}: Everything is resumed. Agents can ask again.`]);
    expect(resumedOf(before, [makeGateway({ everything_stopped: { at, proof: "none" } })])).toEqual([]);
    expect(resumedOf(before, [there])).toEqual([]);
    expect(resumedOf(new Set(), [here])).toEqual([]);
  });

  it("says nothing while nothing is stopped", () => {
    expect(notices({ may_stop: true })).toEqual([]);
  });
});

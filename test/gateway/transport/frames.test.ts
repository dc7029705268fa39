import { expect, it } from "vitest";

import { EventFrames } from "../../../gateway/transport/frames.ts";

/** Frames of feed events, written once for all who hear of them (protocol.md 3.4.2). */

it("is the same bytes for a second, and then says its own time; another event is another frame", () => {
  const frames = new EventFrames();
  const [body, other] = [{ a: 1 }, { a: 1 }];
  const frame = (of: object, seq: number, tsMs: number) =>
    frames.frameOf({ type: "action.pending", body: of as Record<string, unknown>, place: { seq, epoch: "e" }, tsMs });
  const said = (bytes: Buffer) => JSON.parse(bytes.toString()) as { readonly id: string; readonly ts: string };
  const first = frame(body, 7, 10_000);
  expect(frame(body, 7, 10_999)).toBe(first);
  expect(said(first)).toMatchObject({ id: "e7", seq: 7, epoch: "e", body: { a: 1 } });
  const later = frame(body, 7, 11_000);
  expect(said(later).ts).not.toBe(said(first).ts);
  // A clock that was set back: the time of a frame is never one to come.
  expect(said(frame(body, 7, 9_000)).ts < said(first).ts).toBe(true);
  expect(said(frame(other, 8, 9_000)).id).toBe("e8");
});

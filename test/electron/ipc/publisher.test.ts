import { describe, expect, it } from "vitest";

import type { AppEvent, AppSnapshot, QueueRow } from "#shared/ipc/contract.ts";

import { makePublisher } from "../../../electron/ipc/publisher.ts";
import { makeManualClock } from "../manual-clock.ts";

const row = (rid: string, rev = 1): QueueRow =>
  ({ key: { iss: "https://gw.example", rid }, rev }) as unknown as QueueRow;

function arrange(listed = 0) {
  const clock = makeManualClock();
  const sent: AppEvent[] = [];
  const publisher = makePublisher(
    clock,
    (event) => {
      sent.push(event);
    },
    () => ({ seq: -1, rows: [] }) as unknown as AppSnapshot,
    () => listed,
  );
  return { clock, sent, publisher };
}

describe("events to the page", () => {
  it("are numbered without gaps", () => {
    const { publisher, sent, clock } = arrange();
    publisher.publish({ kind: "notice", notice: "saved" });
    publisher.row(row("a"));
    clock.advance(30);
    publisher.rowGone(row("a").key);
    expect(sent.map((e) => [e.kind, e.seq])).toEqual([
      ["notice", 1],
      ["rows", 2],
      ["row_gone", 3],
    ]);
  });

  it("of a row go out as soon as the present turn is over when nothing went out just before", () => {
    const { publisher, sent, clock } = arrange();
    publisher.row(row("a"));
    expect(sent).toEqual([]);
    clock.advance(0);
    expect(sent).toMatchObject([{ kind: "rows", rows: [{ key: { rid: "a" } }] }]);
    publisher.row(row("b"));
    clock.advance(29);
    expect(sent.length).toBe(1);
    clock.advance(1);
    expect(sent.length).toBe(2);
  });

  it("come less often the more is listed, since the page looks at all of it for each", () => {
    const { publisher, sent, clock } = arrange(10_000);
    publisher.row(row("first"));
    clock.advance(0);
    for (let i = 0; i < 5; i++) {
      publisher.row(row(String(i)));
      clock.advance(40);
    }
    expect(sent.length).toBe(1);
    clock.advance(50);
    expect(sent).toMatchObject([{ rows: { length: 1 } }, { kind: "rows", rows: { length: 5 } }]);
  });

  it("gather changes of one row into its last state", () => {
    const { publisher, sent, clock } = arrange();
    for (const rev of [1, 2, 3]) publisher.row(row("a", rev));
    clock.advance(30);
    expect(sent).toMatchObject([{ kind: "rows", rows: [{ rev: 3 }] }]);
  });

  it("are one snapshot in a flood, which covers everything before it", () => {
    const { publisher, sent, clock } = arrange();
    for (let i = 0; i < 10_000; i++) publisher.row(row(String(i)));
    clock.advance(30);
    expect(sent).toMatchObject([{ kind: "snapshot", seq: 1, snapshot: { seq: 1 } }]);
  });

  it("carry no row that waited when the app was locked, and none that is gone", () => {
    const { publisher, sent, clock } = arrange();
    publisher.row(row("a"));
    publisher.drop();
    publisher.row(row("b"));
    publisher.rowGone(row("b").key);
    clock.advance(100);
    expect(sent.map((e) => e.kind)).toEqual(["row_gone"]);
  });
});

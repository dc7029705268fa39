import { describe, expect, it } from "vitest";

import type { HistoryRow } from "#shared/ipc/contract.ts";
import { eventUri, TYP } from "#shared/protocol/names.ts";

import { PIN } from "../enrol-with.ts";
import { DIRECTORY_ISS, ELMWOOD, newId, type SignedRequest } from "../hospital.ts";
import {
  arrangeAtTwoGateways,
  connected,
  connections,
  deny,
  DENY,
  issue,
  keyOf,
  signIn,
  status,
} from "../two-gateways.ts";

describe("requests of two gateways", () => {
  it("are one list, and each is decided where it is from, with that gateway's key", async () => {
    const t = await arrangeAtTwoGateways();
    await signIn(t);
    const { atNorth, atElm } = await issue(t);
    expect(
      t.app
        .snapshot()
        .rows.map(({ key }) => key.iss)
        .sort(),
    ).toEqual([ELMWOOD.iss, keyOf(atNorth).iss].sort());
    expect(await deny(t, atElm)).toMatchObject({ ok: true });
    await status(t.app, atElm).toBe("denied");
    expect([t.judges.elm.submitted.length, t.judges.north.submitted.length]).toEqual([1, 0]);
    expect(await deny(t, atNorth)).toMatchObject({ ok: true });
    await status(t.app, atNorth).toBe("denied");
    const headerOf = (jws: string | undefined): unknown =>
      JSON.parse(Buffer.from(String(jws).split(".")[0]!, "base64url").toString());
    expect(headerOf(t.judges.north.submitted[0])).toMatchObject({ kid: t.kid });
    expect(headerOf(t.judges.elm.submitted[0])).toMatchObject({ kid: t.second });
  });

  it("are read one at a time: opening one ends the reading of the other, also at its gateway", async () => {
    const t = await arrangeAtTwoGateways();
    await signIn(t);
    const { atNorth, atElm } = await issue(t);
    await t.app.ask("open_review", { key: keyOf(atElm) });
    const view = (state: string) => t.elm.received.next((m) => m.type === "action.view" && m.body["state"] === state);
    await view("opened");
    await t.app.ask("open_review", { key: keyOf(atNorth) });
    await view("closed");
    const input = { key: keyOf(atElm), rev: 1, digest: atElm.digest, choice: DENY };
    expect(await t.app.ask("decide", input)).toMatchObject({ error: { code: "E_CLI_NOT_SHOWN" } });
  });

  it("stay decidable while the other gateway is away", async () => {
    const t = await arrangeAtTwoGateways();
    await signIn(t);
    const { atNorth, atElm } = await issue(t);
    t.elm.down();
    await connected(t.app, t.elm, "offline");
    expect(t.app.events.all.filter((e) => e.kind === "notice")).toMatchObject([
      { notice: "disconnected", iss: ELMWOOD.iss },
    ]);
    expect(connections(t.app)[keyOf(atNorth).iss]).toBe("live");
    expect(await deny(t, atNorth)).toMatchObject({ ok: true });
    await status(t.app, atNorth).toBe("denied");
    // A denial waits for its own gateway.
    expect(await deny(t, atElm)).toMatchObject({ ok: true });
    await status(t.app, atElm).toBe("sending");
    expect(t.app.workstation.hasUndelivered()).toBe(true);
    t.elm.up();
    t.app.workstation.probe();
    await status(t.app, atElm).toBe("denied");
    expect(t.app.workstation.hasUndelivered()).toBe(false);
  });

  it("end at one gateway alone when it does not take this person's key any more", async () => {
    const t = await arrangeAtTwoGateways();
    t.elm.on("auth", ({ id, peer }) => {
      peer.send("error", { code: "E_KEY_REVOKED", title: "revoked", retry: "never" }, { re: id });
      peer.close(4401);
    });
    await t.app.ask("unlock", { kid: t.kid, pin: PIN });
    await connected(t.app, t.elm, "refused");
    await connected(t.app, t.north);
    const request = t.judges.north.issue();
    await status(t.app, request).toBe("pending");
    expect(await deny(t, request)).toMatchObject({ ok: true });
    await status(t.app, request).toBe("denied");
  });

  it("are counted together, also while locked, as far as their gateways are there", async () => {
    const t = await arrangeAtTwoGateways();
    await signIn(t);
    await issue(t);
    await t.app.ask("lock", undefined);
    expect(t.app.snapshot()).toMatchObject({ rows: [], phase: { kind: "locked", waiting: 2 } });
    t.elm.down();
    await expect.poll(() => t.app.snapshot().phase).toMatchObject({ kind: "locked", waiting: 1 });
    expect(Object.keys(connections(t.app))).toEqual([t.north.hospital.iss]);
    t.elm.up();
    await signIn(t);
    expect(t.app.snapshot().rows.some(({ key }) => key.iss === t.north.hospital.iss)).toBe(true);
  });

  it("are opened by a link at the gateway that has them", async () => {
    const t = await arrangeAtTwoGateways();
    await signIn(t);
    const { atNorth, atElm } = await issue(t);
    for (const one of [atElm, atNorth]) {
      t.app.workstation.show(one.claims.rid);
      await t.app.events.next((e) => e.kind === "open" && e.key.iss === keyOf(one).iss && e.key.rid === keyOf(one).rid);
    }
  });

  it("have one history, newest first, page by page", async () => {
    const t = await arrangeAtTwoGateways();
    await signIn(t);
    t.elm.offsetMs = -20_000;
    const made: SignedRequest[] = [];
    for (const judge of [t.judges.elm, t.judges.north, t.judges.elm, t.judges.north]) made.push(judge.issue());
    for (const one of made) {
      await status(t.app, one).toBe("pending");
      expect(await deny(t, one)).toMatchObject({ ok: true });
      await status(t.app, one).toBe("denied");
    }
    const list = async (limit: number, before?: number): Promise<readonly HistoryRow[]> => {
      const reply: unknown = await t.app.ask("list_history", { limit, ...(before === undefined ? {} : { before }) });
      return (reply as { readonly value: readonly HistoryRow[] }).value;
    };
    const all = await list(10);
    expect(all.map(({ signature }) => signature)).toEqual(["valid", "valid", "valid", "valid"]);
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => b - a));
    expect(new Set(all.map(({ key }) => key.iss)).size).toBe(2);
    expect((await list(3)).map(({ reference }) => reference)).toEqual(all.slice(0, 3).map((row) => row.reference));
    expect(await list(10, all.at(-1)!.at + 1)).toEqual(all.filter(({ at }) => at === all.at(-1)!.at));
  });
});

it("a key that was added from here is no news to the other gateway's desk, and one from elsewhere is", async () => {
  const t = await arrangeAtTwoGateways();
  await signIn(t);
  const { gateway: signer, iss } = t.north.hospital;
  const told = () => t.app.events.all.filter((e) => e.kind === "notice" && e.notice === "key_added").length;
  const tell = async (kid: string): Promise<void> => {
    const event = { iss, aud: `${DIRECTORY_ISS}/approvers/okafor`, iat: t.north.nowS(), jti: newId() };
    const about = {
      sub_id: { format: "opaque", id: kid },
      events: { [eventUri("key-changed")]: { kid, change: "enrolled" } },
    };
    t.north.push("keys.updated", { set: signer.sign(TYP.event, { ...event, ...about }) });
    await t.north.flushed();
  };
  await tell(t.second);
  expect(told()).toBe(0);
  await tell("K".repeat(43));
  await expect.poll(told).toBe(1);
});

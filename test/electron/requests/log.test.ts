import { readdir } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { readStored } from "#shared/protocol/verify/stored.ts";

import { GATEWAY_ISS, makeHospital } from "../hospital.ts";
import { LogBook } from "../log-book.ts";
import { arrangeDesk, type Arranged } from "./arrange-desk.ts";

const leaf = (obj: string) => ({ t: "config" as const, ts: 1_790_000_000, obj, kid: "k" });
const alarm = (t: Arranged) => t.seen.next((s) => s.kind === "gateway" && s.gateway.log_alarm !== undefined);

/** Waits until the last checkpoint sent was compared: a proof request of the client's own follows it. */
async function compared(t: Arranged): Promise<void> {
  await t.gateway.flushed();
  await t.gateway.flushed();
}

describe("this computer as a witness", () => {
  it("pins checkpoints that extend what it saw, and signs the last one into its decisions", async () => {
    const t = await arrangeDesk();
    t.judge.log.append(leaf("one"));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    t.judge.log.append(leaf("two"));
    t.judge.log.append(leaf("three"));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    expect(await t.gateway.received.next((m) => m.type === "log.consistency")).toMatchObject({
      body: { from: 1, to: 3 },
    });
    await compared(t);
    const request = await t.opened();
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "held");
    expect(readStored("decision", t.judge.submitted[0]!).seen).toMatchObject({
      origin: "log.northgate.example",
      size: 3,
    });
  });

  it("raises an alarm when the log does not continue the one it saw before, and approves nothing more", async () => {
    const t = await arrangeDesk();
    t.judge.log.append(leaf("one"));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    const other = new LogBook(t.gateway.hospital);
    for (const obj of ["forged", "two"]) other.append(leaf(obj));
    t.gateway.on("log.consistency", ({ id, peer }) => {
      peer.send("log.consistency", { from: 1, to: 2, hashes: other.consistency(1, 2) }, { re: id });
    });
    t.gateway.peer.send("log.checkpoint", { note: other.checkpoint() });
    expect(await alarm(t)).toMatchObject({ gateway: { log_alarm: "E_LOG_FORK" } });
    const request = await t.opened();
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_LOG_FORK" });
    await t.desk.decide(t.deny(request));
    await t.status(request.claims.rid, "denied");
  });

  it("is not closed before the evidence of a changed log is on the disk", async () => {
    const t = await arrangeDesk();
    t.judge.log.append(leaf("one"));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    const held = Promise.withResolvers<undefined>();
    t.keepDelay.current = held.promise;
    const other = new LogBook(t.gateway.hospital);
    other.append(leaf("forged"));
    t.gateway.peer.send("log.checkpoint", { note: other.checkpoint() });
    await t.seen.next((s) => s.kind === "keeping");
    const order: string[] = [];
    const closing = t.desk.close().then(() => order.push("closed"));
    // Closing the files takes a few turns of the disk: ten of them are enough to see that it waits.
    for (let turn = 0; turn < 10; turn++) await readdir(t.folder);
    order.push("released");
    held.resolve(undefined);
    await closing;
    expect(order).toEqual(["released", "closed"]);
    expect(await readdir(path.join(t.folder, "evidence"))).toHaveLength(1);
  });

  it("raises an alarm when the gateway comes back with a shorter log, also after a restart here", async () => {
    const t = await arrangeDesk();
    for (const obj of ["one", "two", "three"]) t.judge.log.append(leaf(obj));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    t.gateway.checkpoint = t.judge.log.checkpoint(2);
    await t.restart();
    await compared(t);
    expect(t.desk.gateway().log_alarm).toBe("E_LOG_FORK");
  });

  it("raises an alarm when the gateway knows nothing of a size that it signed, as a copy of it that went its own way", async () => {
    const t = await arrangeDesk();
    for (const obj of ["one", "two"]) t.judge.log.append(leaf(obj));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    t.gateway.on("log.consistency", ({ id, peer }) => {
      peer.send("error", { code: "E_LOG_RANGE", title: "range", retry: "never" }, { re: id });
    });
    const other = new LogBook(t.gateway.hospital);
    for (const obj of ["one", "forged", "three"]) other.append(leaf(obj));
    t.gateway.peer.send("log.checkpoint", { note: other.checkpoint() });
    expect(await alarm(t)).toMatchObject({ gateway: { log_alarm: "E_LOG_FORK" } });
  });

  it("raises an alarm when two logs have the same size", async () => {
    const t = await arrangeDesk();
    t.judge.log.append(leaf("one"));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    const other = new LogBook(t.gateway.hospital);
    other.append(leaf("other"));
    t.gateway.peer.send("log.checkpoint", { note: other.checkpoint() });
    expect(await alarm(t)).toMatchObject({ gateway: { log_alarm: "E_LOG_FORK" } });
  });

  it("believes no checkpoint of another log key", async () => {
    const t = await arrangeDesk();
    const other = new LogBook(makeHospital());
    other.append(leaf("one"));
    t.gateway.peer.send("log.checkpoint", { note: other.checkpoint() });
    expect(await alarm(t)).toMatchObject({ gateway: { log_alarm: "E_LOG_KEY" } });
  });

  it("begins anew with a log whose new key the directory vouches for, keeps what it saw of the old one, and says so", async () => {
    const t = await arrangeDesk();
    for (const obj of ["one", "two", "three"]) t.judge.log.append(leaf(obj));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    expect(t.desk.gateway().earlier_logs).toBeUndefined();
    const { vkey } = t.gateway.hospital;
    const anew = makeHospital();
    const log = new LogBook(anew);
    log.append(leaf("new one"));
    const credentialOf = (key: string) =>
      t.gateway.hospital.gatewayCredential({ log: { origin: "log.northgate.example", vkey: key } });
    t.gateway.credential = credentialOf(anew.vkey);
    t.gateway.checkpoint = log.checkpoint();
    await t.restart();
    await compared(t);
    expect(t.desk.gateway()).toMatchObject({ earlier_logs: 1 });
    expect(t.desk.gateway().log_alarm).toBeUndefined();
    expect(t.files.memory.checkpoint(GATEWAY_ISS, vkey)).toBe(t.judge.log.checkpoint());

    // The old key again, with less than it had: what was seen of it is remembered.
    t.gateway.credential = credentialOf(vkey);
    t.gateway.checkpoint = t.judge.log.checkpoint(2);
    await t.restart();
    await compared(t);
    expect(t.desk.gateway().log_alarm).toBe("E_LOG_FORK");
  });

  it("does not cry wolf over an older checkpoint that the newer one extends", async () => {
    const t = await arrangeDesk();
    for (const obj of ["one", "two", "three"]) t.judge.log.append(leaf(obj));
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await compared(t);
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint(2) });
    await t.gateway.received.next((m) => m.type === "log.consistency");
    await compared(t);
    expect(t.desk.gateway().log_alarm).toBeUndefined();
  });
});

describe("a recorded decision", () => {
  it("says so when it is not in the log within the promised time, and takes it back when it appears", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    t.gateway.on("log.proof", ({ id, peer }) => {
      peer.send("error", { code: "E_LOG_PENDING", title: "pending", retry: "later" }, { re: id });
    });
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "held");
    const step = async (times: number) => {
      for (let i = 0; i < times; i++) {
        t.clock.advance(2_500);
        await t.gateway.flushed();
        await t.gateway.flushed();
      }
    };
    const shown = (logged: string) => t.seen.next((s) => s.kind === "review" && s.review.receipt?.logged === logged);
    await step(32);
    await shown("not_logged");
    t.gateway.on("log.proof", ({ body, id, peer }) => {
      peer.send("log.proof", t.judge.log.proof(t.judge.log.find(body)), { re: id });
    });
    await step(26);
    await shown("included");
  });

  it("is not taken as logged by the proof of something else", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const other = t.judge.log.append(leaf("another entry"));
    t.gateway.on("log.proof", ({ id, peer }) => {
      peer.send("log.proof", t.judge.log.proof(other.index), { re: id });
    });
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "held");
    t.clock.advance(2_000);
    await t.gateway.received.next((m) => m.type === "log.proof");
    await t.gateway.flushed();
    expect(t.files.journal.entries()).toMatchObject([{ logged: "pending" }]);
  });
});

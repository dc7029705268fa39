import { describe, expect, it } from "vitest";

import { failingDisk, pathOf } from "../failing-disk.ts";
import { arrangeDesk } from "./arrange-desk.ts";

/** A disk that takes its time: what happens between asking it to keep something and its word that it does. */

/** Holds the flush that makes a decision durable; `isAsked` resolves when the disk was asked for it. */
async function holdDecision() {
  const asked = Promise.withResolvers<undefined>();
  const held = Promise.withResolvers<undefined>();
  let flushes = 0;
  await failingDisk(({ sync }) => ({
    async sync(this: Parameters<typeof pathOf>[0]) {
      // The first is the room that is made before anything is signed.
      if (pathOf(this).endsWith("reserved.tmp") && ++flushes === 2) {
        asked.resolve(undefined);
        await held.promise;
      }
      await sync.call(this);
    },
  }));
  return { isAsked: asked.promise, goOn: () => held.resolve(undefined) };
}

describe.runIf(process.platform === "linux")("on a slow disk", () => {
  it("a lock that comes while a signed decision is being kept says that it was signed, never that nothing was sent", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const disk = await holdDecision();
    const deciding = t.desk.decide(t.approve(request));
    await disk.isAsked;
    expect(t.desk.lock()).toMatchObject({ wasSending: true });
    expect(t.desk.hasUndelivered()).toBe(true);
    disk.goOn();
    await deciding;
    await t.gateway.received.next((m) => m.type === "decision.submit");
  });

  it("a receipt that comes twice, as the answer and in the feed, is one receipt in the evidence and is told once", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    const held = Promise.withResolvers<undefined>();
    const arrived = Promise.withResolvers<undefined>();
    await failingDisk(({ datasync }) => ({
      async datasync(this: Parameters<typeof pathOf>[0]) {
        if (pathOf(this).endsWith("journal.csj")) {
          arrived.resolve(undefined);
          await held.promise;
        }
        await datasync.call(this);
      },
    }));
    await t.desk.decide(t.approve(request));
    await arrived.promise;
    const [answer] = t.judge.answers.values();
    t.gateway.push("decision.receipt", { jws: answer!.receipt });
    // Whatever was sent before has arrived.
    await t.gateway.flushed();
    held.resolve(undefined);
    await t.status(rid, "held");
    await t.restart();
    const [entry] = t.files.journal.entries();
    expect((await t.files.journal.read(entry!.dec_dig)).receipts).toEqual([answer!.receipt]);
  });
});

import { afterEach, describe, expect, it, onTestFinished } from "vitest";

import { answer } from "../blackbox/command.ts";
import { open } from "../blackbox/hospital.ts";
import { checkEverywhere, type Came } from "./everywhere.ts";
import { portOf } from "./enrol.ts";
import { openSite, type Site } from "./site.ts";

/** Rows D8, D9 and E1 of the fault matrix (reliability.md 7): keys that change, and people who decide at the same moment. */

const APPROVED = { decision: "approve", state: "completed" } as const;
const DENIED = { decision: "deny", state: "denied" } as const;

let site: Site;
afterEach(async () => await site.close());

it("D8 another gateway answers, with keys that the directory did not vouch for: refused, what is listed is frozen, and it is live again with the own one", async () => {
  site = await openSite();
  const rid = await site.raise();
  await site.row(rid, "pending");
  // The same issuer and the same address: only its keys and its directory are others.
  const stranger = await open();
  onTestFinished(async () => await stranger.close());
  const home = site.proxy.target;
  site.proxy.to(portOf(stranger.wsUrl));
  site.proxy.cut("rst");
  await site.is(["refused"]);
  expect(site.app.snapshot().gateways[0]?.connection).toEqual({ kind: "refused", code: "E_GW_CRED" });
  expect(await site.approve(rid)).toMatchObject({ ok: false, error: { code: "E_CLI_OFFLINE" } });
  expect(await site.deny(rid)).toMatchObject({ ok: true });
  expect((await site.row(rid, "sending")).status.kind).toBe("sending");

  site.proxy.to(home);
  site.app.workstation.probe();
  await site.live();
  await site.row(rid, "denied");
  await checkEverywhere(site, new Map([[rid, DENIED]]));
});

it("D9 the key is revoked while its approval is on the way: it is not recorded, nothing is executed, and the session ends with the reason", async () => {
  site = await openSite();
  const rid = await site.raise();
  await site.row(rid, "pending");
  site.proxy.freeze(["up"]);
  expect(await site.approve(rid)).toMatchObject({ ok: true });
  await answer(["directory", "revoke", site.kid], site.hospital.env);
  site.proxy.thaw();
  await site.is(["refused"]);
  expect(site.app.snapshot().gateways[0]?.connection).toEqual({ kind: "refused", code: "E_KEY_REVOKED" });
  // Whichever comes first: the gateway's signed rejection, or the end of the session.
  expect(await site.row(rid, "rejected", "undelivered")).toMatchObject({ status: { code: "E_KEY_REVOKED" } });
  await checkEverywhere(site, new Map([[rid, { state: "open" }]]));
});

it("A3 the key is revoked while its denial waits for the connection: it is said to be not delivered, is kept as evidence, and nothing of it is sent", async () => {
  site = await openSite();
  const rid = await site.raise();
  await site.row(rid, "pending");
  const home = site.proxy.target;
  site.proxy.to(1);
  site.proxy.cut("rst");
  await site.is(["offline"]);
  expect(await site.deny(rid)).toMatchObject({ ok: true });
  await site.row(rid, "sending");
  await answer(["directory", "revoke", site.kid], site.hospital.env);

  site.proxy.to(home);
  site.app.workstation.probe();
  await site.is(["refused"]);
  expect(await site.row(rid, "undelivered")).toMatchObject({ status: { decision: "deny", code: "E_KEY_REVOKED" } });
  const history = await site.app.ask("list_history", { limit: 10 });
  expect(history).toMatchObject({ ok: true, value: [{ decision: "deny", key: { rid } }] });
  await checkEverywhere(site, new Map([[rid, { state: "open" }]]));
});

describe("E1 two people decide the same request at the same moment", () => {
  it.each([
    ["approves", "deny", "completed"],
    ["denies", "approve", "denied"],
  ] as const)(
    "who comes first %s, who comes second hears what it was within a second, and both are in the log",
    async (_first, late, state) => {
      site = await openSite();
      const rid = await site.raise();
      await site.row(rid, "pending");
      const { socket } = await site.hospital.connect(site.witness);
      const pending = socket.received.find(({ type }) => type === "action.pending");
      site.proxy.freeze();
      expect(await (late === "deny" ? site.deny(rid) : site.approve(rid))).toMatchObject({ ok: true });
      const decision = site.witness.decide(String(pending?.body["jws"]), late === "deny" ? "approve" : "deny");
      const { receipt } = await site.witness.submit(socket, decision);
      expect(receipt).toMatchObject({ result: "recorded" });
      site.proxy.thaw();
      const began = performance.now();
      await site.row(rid, "decided_elsewhere");
      expect(performance.now() - began).toBeLessThan(1_000);
      await expect.poll(() => site.app.snapshot().rows[0]?.status).toMatchObject({ outcome: state });
      // The reader of the log is told of both, each with what it came to.
      const log = await site.hospital.connect(site.witness);
      const page = await log.socket.ask("history.query", { from: 0, to: 4_000_000_000, rid, limit: 1 });
      expect(page.type).toBe("history.page");
      log.socket.close();
      const came: Came = late === "deny" ? APPROVED : DENIED;
      await checkEverywhere(site, new Map([[rid, { ...came, by: "another" }]]));
    },
  );
});

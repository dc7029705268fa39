import { EventEmitter, once } from "node:events";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import type { AppEvent, HistoryRow, KeyReplacement } from "#shared/ipc/contract.ts";
import type { PublicJwk } from "#shared/protocol/crypto-port.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { arrangeAtGateway, arrangeWorkstation, type ArrangedWorkstation } from "../arrange-workstation.ts";
import { enrolWith, PIN } from "../enrol-with.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, makeHospital, type SignedRequest } from "../hospital.ts";
import { Judge } from "../judge.ts";
import type { Received } from "../scripted-gateway.ts";

const DEVICE = { device: `${DIRECTORY_ISS}/devices/wow-17-second-key` };
const kidOf = (jws: unknown): string => {
  const [header] = String(jws).split(".");
  return (JSON.parse(Buffer.from(header!, "base64url").toString()) as { kid: string }).kid;
};
const replacingOf = (e: AppEvent): KeyReplacement | undefined => {
  const phase = e.kind === "phase" ? e.phase : e.kind === "snapshot" ? e.snapshot.phase : undefined;
  return phase?.kind === "unlocked" ? phase.replacing : undefined;
};

/** A person at work, at a gateway that answers for the directory as the test says. */
async function arrange() {
  const { folder, gateway, app } = await arrangeAtGateway();
  const judge = new Judge(gateway);
  const kid = await enrolWith(app, gateway);
  await app.ask("unlock", { kid, pin: PIN });
  await live(app);
  const sign = ({ body, id, peer }: Received) => {
    const [header] = String(body["proof"]).split(".");
    const { jwk } = JSON.parse(Buffer.from(header!, "base64url").toString()) as { jwk: PublicJwk };
    const { directory } = gateway.hospital;
    const cred = gateway.hospital.approverCredential(jwk, DEVICE);
    peer.send("enrol.done", { cred, directory: directory.jwk, dir_mac: "" }, { re: id });
  };
  const files = async () => (await readdir(path.join(folder, "app", "people"))).sort();
  return { folder, gateway, judge, app, kid, sign, files };
}
type Arranged = Awaited<ReturnType<typeof arrange>>;

const live = async (app: ArrangedWorkstation) => {
  if (app.snapshot().gateways[0]?.connection.kind === "live") return;
  await app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "live");
};
const step = (app: ArrangedWorkstation, kind: KeyReplacement["kind"]) =>
  app.events.next((e) => replacingOf(e)?.kind === kind);
/** Presents itself with another key than this one. */
const authBy = ({ gateway }: Arranged, kid: string) =>
  gateway.received.next((m) => m.type === "auth" && kidOf(m.body["proof"]) !== kid);

async function denying(t: Arranged): Promise<{ request: SignedRequest; deny: () => Promise<unknown> }> {
  const now = Math.floor(Date.now() / 1000);
  const request = t.judge.issue({ iat: now, exp: now + 900, submit_by: now + 900, grant_exp: now + 1200 });
  await t.app.row("pending");
  const { rid, iss } = request.claims;
  await t.app.ask("open_review", { key: { iss, rid } });
  const choice = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
  const deny = () => t.app.ask("decide", { key: { iss, rid }, rev: 1, digest: request.digest, choice });
  return { request, deny };
}

describe("replacing one's own key", () => {
  it("puts the new key to work at once, under the same PIN, and the files go on", async () => {
    const t = await arrange();
    const { deny } = await denying(t);
    await deny();
    await t.app.row("denied");
    await t.app.ask("close_review", undefined);
    t.gateway.on("enrol.rotate", t.sign);

    expect(await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN })).toEqual({ ok: true, value: null });
    await step(t.app, "done");
    const second = await authBy(t, t.kid);
    const { phase } = t.app.snapshot();
    const kid = kidOf(second.body["proof"]);
    expect(phase).toMatchObject({ kind: "unlocked", person: { kid }, replacing: { kind: "done" } });
    expect(readStored("approver", String(second.body["cred"])).device).toBe(DEVICE.device);
    await live(t.app);
    expect(await t.files()).toEqual([`${kid}.json`, `${t.kid}.vault`].sort());

    // What the old key signed is still mine and verifies; the new key's chain begins anew.
    const next = await denying(t);
    await next.deny();
    await t.app.row("denied");
    const history = await t.app.ask("list_history", { limit: 10 });
    expect((history as { value: readonly HistoryRow[] }).value.map((row) => row.signature)).toEqual(["valid", "valid"]);
    const [before, after] = t.judge.submitted.map((jws) => ({ kid: kidOf(jws), ...readStored("decision", jws).chain }));
    expect([before, after]).toMatchObject([
      { kid: t.kid, n: 1 },
      { kid, n: 1 },
    ]);

    await t.app.workstation.stop();
    const again = arrangeWorkstation(path.join(t.folder, "app"));
    await again.workstation.start();
    expect(again.snapshot().phase).toMatchObject({ kind: "locked", people: [{ kid }] });
    expect(await again.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
    expect((await again.ask("list_history", { limit: 10 })) as { value: unknown[] }).toMatchObject({
      value: [{ signature: "valid" }, { signature: "valid" }],
    });
    expect([again.damaged, again.faults, t.app.faults]).toEqual([[], [], []]);
  });

  it("sends nothing without the right PIN, while locked, twice at once, or without a connection", async () => {
    const t = await arrange();
    const ask = () => t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN });
    expect(await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: "000001" })).toMatchObject({
      error: { code: "E_CLI_PIN" },
    });
    expect(t.gateway.received.all.map((m) => m.type)).not.toContain("enrol.rotate");
    t.gateway.on("enrol.rotate", ({ id, peer }) => {
      peer.send("enrol.pending", { expires_in: 86_400 }, { re: id });
    });
    expect(await ask()).toMatchObject({ ok: true });
    expect(await ask()).toMatchObject({ error: { code: "E_CLI_STATE" } });
    await step(t.app, "waiting");
    await t.app.ask("lock", undefined);
    expect(await ask()).toMatchObject({ error: { code: "E_CLI_LOCKED" } });
    const other = await arrange();
    other.gateway.peer.socket.terminate();
    await other.app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "offline");
    expect(await other.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN })).toMatchObject({
      error: { code: "E_CLI_OFFLINE" },
    });
    expect(await other.files()).toEqual([`${other.kid}.json`, `${other.kid}.vault`]);
  });

  it("waits for the directory over a lock and a restart, with the same new key, while the old one works", async () => {
    const t = await arrange();
    t.gateway.on("enrol.rotate", ({ id, peer }) => {
      peer.send("enrol.pending", { expires_in: 86_400 }, { re: id });
    });
    await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN });
    const first = await t.gateway.received.next((m) => m.type === "enrol.rotate");
    await step(t.app, "waiting");
    // Asked more than once, told once.
    await t.gateway.received.next((m) => m.type === "enrol.rotate");
    expect(t.app.events.all.filter((e) => replacingOf(e)?.kind === "waiting").length).toBe(1);
    const { deny } = await denying(t);
    await deny();
    await t.app.row("denied");
    await t.app.workstation.stop();
    expect(await t.files()).toEqual([`${t.kid}.json`, `${t.kid}.next.json`, `${t.kid}.vault`]);

    const again = arrangeWorkstation(path.join(t.folder, "app"));
    await again.workstation.start();
    t.gateway.on("enrol.rotate", t.sign);
    expect(await again.ask("unlock", { kid: t.kid, pin: PIN })).toMatchObject({ ok: true });
    await step(again, "done");
    const kid = kidOf(first.body["proof"]);
    expect(again.snapshot().phase).toMatchObject({ person: { kid } });
    expect(await t.files()).toEqual([`${kid}.json`, `${t.kid}.vault`].sort());
  });

  it("that ends after a lock disturbs nobody who came since, and opens the next time", async () => {
    const t = await arrange();
    await t.app.ask("lock", undefined);
    const other = await enrolWith(t.app, t.gateway, {
      sub: `${DIRECTORY_ISS}/approvers/lee`,
      name: "LEE, Min (Dr)",
      device: `${DIRECTORY_ISS}/devices/wow-17-lee`,
    });
    await t.app.ask("unlock", { kid: t.kid, pin: PIN });
    await live(t.app);
    const written = new EventEmitter();
    t.app.keepDelay.current = once(written, "now").then(() => undefined);
    t.gateway.on("enrol.rotate", t.sign);
    await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN });
    const rotate = await t.gateway.received.next((m) => m.type === "enrol.rotate");
    await step(t.app, "ready");
    await t.app.ask("lock", undefined);
    await t.app.ask("unlock", { kid: other, pin: PIN });
    await live(t.app);
    const desk = t.app.workstation.desks().at(GATEWAY_ISS);
    written.emit("now");
    await expect.poll(t.files).toContain(`${kidOf(rotate.body["proof"])}.json`);
    await expect.poll(t.files).not.toContain(`${t.kid}.json`);
    expect(t.app.snapshot().phase).toMatchObject({ kind: "unlocked", person: { kid: other, name: "LEE, Min (Dr)" } });
    expect(t.app.workstation.desks().at(GATEWAY_ISS)).toBe(desk);
    expect(desk.isConnected()).toBe(true);
    await t.app.ask("lock", undefined);
    const kid = kidOf(rotate.body["proof"]);
    const { phase } = t.app.snapshot();
    expect(phase.kind === "locked" && phase.people.map((person) => person.kid)).toContain(kid);
    expect(await t.app.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
  });

  it("takes no key from under a person who reads, nor before the old key's decision has its receipt", async () => {
    const t = await arrange();
    const { deny } = await denying(t);
    let held: Received | undefined;
    t.gateway.on("decision.submit", (m) => {
      held = m;
    });
    await deny();
    const submitted = await t.gateway.received.next((m) => m.type === "decision.submit");
    t.gateway.on("enrol.rotate", t.sign);
    await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN });
    await step(t.app, "ready");
    await t.app.ask("close_review", undefined);
    expect(t.app.snapshot().phase).toMatchObject({ person: { kid: t.kid }, replacing: { kind: "ready" } });
    expect(kidOf(submitted.body["jws"])).toBe(t.kid);
    // Its answer frees the key.
    t.judge.judge(held!);
    await step(t.app, "done");
    expect(t.app.snapshot().rows.map((row) => row.status.kind)).toEqual(["denied"]);
    expect(t.app.faults).toEqual([]);
  });

  it("gives back to the person what the old key could not deliver before its day of overlap was over", async () => {
    const t = await arrange();
    t.gateway.on("enrol.rotate", ({ id, peer }) => {
      peer.send("enrol.pending", { expires_in: 86_400 }, { re: id });
    });
    await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN });
    await step(t.app, "waiting");
    const { request, deny } = await denying(t);
    // Nothing comes through: neither this session nor the word for the new key.
    const { credential } = t.gateway;
    t.gateway.credential = makeHospital().credential;
    t.gateway.session.socket.terminate();
    await t.app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "refused");
    expect(await deny()).toMatchObject({ ok: true });
    await t.app.ask("lock", undefined);
    t.gateway.credential = credential;

    // Away for longer than a day: the directory has signed, and no session opens for the old key any more.
    t.gateway.on("enrol.rotate", t.sign);
    t.gateway.on("auth", (m) => {
      if (kidOf(m.body["proof"]) !== t.kid) {
        t.gateway.ready(m);
        return;
      }
      m.peer.send("error", { code: "E_KEY_VALIDITY", title: "over", retry: "reauth" }, { re: m.id });
      m.peer.close(4401);
    });
    t.gateway.snapshot = [request.jws];
    await t.app.ask("unlock", { kid: t.kid, pin: PIN });
    await step(t.app, "done");
    await t.app.row("pending");
    const history = await t.app.ask("list_history", { limit: 10 });
    expect(history).toMatchObject({ value: [{ decision: "deny", outcome: "unknown", signature: "cannot_check" }] });
    expect(t.judge.submitted).toEqual([]);
    const next = crypto.importKey(readStored("approver", String((await authBy(t, t.kid)).body["cred"])).cnf.jwk);
    expect(t.app.snapshot().phase).toMatchObject({ person: { kid: next.kid } });
  });

  it.each([
    ["E_ENROL_EXPIRED", []],
    ["E_KEY_SUSPENDED", ["next"]],
  ])("says why it failed (%s); the old key stays", async (code, left) => {
    const t = await arrange();
    t.gateway.on("enrol.rotate", ({ id, peer }) => {
      peer.send("error", { code, title: code, retry: "never" }, { re: id });
    });
    await t.app.ask("replace_key", { iss: GATEWAY_ISS, pin: PIN });
    const failed = await step(t.app, "failed");
    expect(replacingOf(failed)).toMatchObject({ kind: "failed", error: { code } });
    expect(t.app.snapshot().phase).toMatchObject({ kind: "unlocked", person: { kid: t.kid } });
    const nexts = () => t.files().then((names) => names.filter((name) => name.includes(".next.")));
    await expect.poll(nexts).toEqual(left.map((name) => `${t.kid}.${name}.json`));
    const { deny } = await denying(t);
    expect(await deny()).toMatchObject({ ok: true });
    await t.app.row("denied");
  });
});

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import type { PublicJwk } from "#shared/protocol/crypto-port.ts";

import { systemClock } from "../../../electron/clock.ts";
import { makePeople } from "../../../electron/keys/people.ts";
import { arrangeAtGateway, arrangeWorkstation } from "../arrange-workstation.ts";
import { addGateway, admit, enrolWith, PIN } from "../enrol-with.ts";
import { DIRECTORY_ISS, ELMWOOD } from "../hospital.ts";
import { startSecondGateway } from "../start-gateway.ts";
import { arrangeAtTwoGateways, connected, connections, issue, keyOf, people, signIn, status } from "../two-gateways.ts";

const LEE = { sub: `${DIRECTORY_ISS}/approvers/lee`, name: "LEE, Min (Dr)" };

describe("a person with a key at each of two gateways", () => {
  it("is one person on the locked screen, and one PIN opens both", async () => {
    const t = await arrangeAtTwoGateways();
    expect(people(t.app)).toEqual([{ name: "OKAFOR, Amara (Dr)", gateways: [ELMWOOD.name, "Northgate Hospital"] }]);
    await signIn(t);
    expect(t.app.snapshot().gateways.map(({ name }) => name)).toEqual([ELMWOOD.name, "Northgate Hospital"]);
    await t.app.workstation.stop();

    const again = arrangeWorkstation(path.join(t.folder, "app"));
    await again.workstation.start();
    expect(people(again)).toHaveLength(1);
    expect(await again.ask("unlock", { kid: t.second, pin: PIN })).toMatchObject({ ok: true });
    await connected(again, t.north);
    await connected(again, t.elm);
    expect([t.app.faults, again.faults, again.damaged]).toEqual([[], [], []]);
  });

  it("has one count of wrong PINs for both, which the right one ends", async () => {
    const t = await arrangeAtTwoGateways();
    for (const kid of [t.kid, t.second]) {
      expect(await t.app.ask("unlock", { kid, pin: "000001" })).toMatchObject({ error: { code: "E_CLI_PIN" } });
    }
    expect((await t.files()).filter((name) => name.endsWith(".attempts"))).toEqual([`${t.kid}.attempts`]);
    await signIn(t);
    expect((await t.files()).filter((name) => name.endsWith(".attempts"))).toEqual([]);
  });

  it("works at one gateway when the key of the other does not open, and no attempt is counted for it", async () => {
    const t = await arrangeAtTwoGateways();
    // Somebody exchanged the address that the second key trusts, and mended the checksum: the PIN is right and opens nothing.
    const store = makePeople(path.join(t.folder, "app", "people"));
    const there = (await store.load()).people.find(({ enrolment }) => enrolment.kid === t.second)!;
    await store.save({ ...there.enrolment, ws_endpoint: "wss://elsewhere.example/" }, there.key);
    const app = arrangeWorkstation(path.join(t.folder, "app"));
    await app.workstation.start();
    for (let n = 0; n < 5; n++) {
      expect(await app.ask("unlock", { kid: t.kid, pin: PIN })).toMatchObject({ ok: true });
      await connected(app, t.north);
      expect(app.snapshot().gateways.find(({ iss }) => iss === ELMWOOD.iss)?.connection).toEqual({
        kind: "unopened",
        code: "E_CLI_KEYSTORE",
      });
      const request = t.judges.north.issue();
      await status(app, request).toBe("pending");
      await app.ask("lock", undefined);
    }
    expect((await t.files()).filter((name) => name.endsWith(".attempts"))).toEqual([]);
  });

  it("works at one gateway when the files of the other cannot be opened", async () => {
    const t = await arrangeAtTwoGateways();
    const folder = path.join(t.folder, "app", "people", `${t.second}.vault`);
    await rm(folder, { recursive: true });
    await writeFile(folder, "not a folder");
    expect(await t.app.ask("unlock", { kid: t.kid, pin: PIN })).toMatchObject({ ok: true });
    await connected(t.app, t.north);
    expect(connections(t.app)[ELMWOOD.iss]).toBe("unopened");
    expect(await t.app.ask("list_history", { limit: 10 })).toEqual({ ok: true, value: [] });
    const request = t.judges.elm.issue({}, "keep");
    expect(await t.app.ask("open_review", { key: keyOf(request) })).toMatchObject({
      error: { code: "E_CLI_NOT_FOUND" },
    });
  });
});

describe("a further gateway", () => {
  it("is added under the PIN that the person has, and nothing is sent without it", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const elm = await startSecondGateway(systemClock(), gateway);
    const kid = await enrolWith(app, gateway);
    expect(await app.ask("add_gateway", undefined)).toMatchObject({ error: { code: "E_CLI_LOCKED" } });
    await app.ask("unlock", { kid, pin: PIN });
    await app.ask("add_gateway", undefined);
    expect(app.snapshot()).toMatchObject({
      rows: [],
      phase: { kind: "setup", joins: { kid }, enrolment: { kind: "ticket" } },
    });
    const { ticket, code } = admit(elm);
    const input = { ticket, code, pin: "861204", key_store: "software" } as const;
    expect(await app.ask("enrol_begin", input)).toMatchObject({ error: { code: "E_CLI_PIN" } });
    expect(elm.peers).toEqual([]);
    await app.ask("enrol_cancel", undefined);
    expect(app.snapshot().phase).toMatchObject({ kind: "locked", people: [{ kid }] });
  });

  it("is not added with another person's ticket", async () => {
    const { app, gateway, folder } = await arrangeAtGateway();
    const elm = await startSecondGateway(systemClock(), gateway);
    const kid = await enrolWith(app, gateway);
    await app.ask("unlock", { kid, pin: PIN });
    await app.ask("add_gateway", undefined);
    const { ticket, code } = admit(elm, LEE);
    await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "software" });
    await app.enrolment("failed");
    expect(app.snapshot().phase).toMatchObject({ joins: { kid }, enrolment: { error: { code: "E_ENROL_TICKET" } } });
    const files = await readdir(path.join(folder, "app", "people"));
    expect(files.filter((name) => name.endsWith(".json"))).toEqual([`${kid}.json`]);
  });

  it("belongs to the person also when they enrol from the locked screen with the same PIN, and with another one not", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const elm = await startSecondGateway(systemClock(), gateway);
    const first = await enrolWith(app, gateway);
    await enrolWith(app, elm);
    expect(people(app)).toHaveLength(1);
    const { ticket, code, kid } = admit(elm);
    await app.ask("enrol_begin", { ticket, code, pin: "861204", key_store: "software" });
    await app.enrolment("done");
    await app.ask("enrol_cancel", undefined);
    expect(
      people(app)
        .map(({ gateways }) => gateways.length)
        .sort(),
    ).toEqual([1, 2]);
    for (const [of, pin] of [
      [first, PIN],
      [kid(), "861204"],
    ] as const) {
      expect(await app.ask("unlock", { kid: of, pin })).toMatchObject({ ok: true });
      await app.ask("lock", undefined);
    }
  });

  it("is worked at with the newer key by who enrolled there twice", async () => {
    const t = await arrangeAtTwoGateways();
    const newer = await addGateway(t.app, t.kid, t.elm);
    expect(people(t.app)).toMatchObject([{ gateways: [ELMWOOD.name, "Northgate Hospital"] }]);
    expect(await t.app.ask("unlock", { kid: t.second, pin: PIN })).toMatchObject({
      error: { code: "E_CLI_NOT_FOUND" },
    });
    await signIn(t);
    expect(t.app.workstation.desks().at(ELMWOOD.iss).kid).toBe(newer);
  });
});

it("a key that is replaced at one gateway stays under the same PIN, and the other gateway goes on", async () => {
  const t = await arrangeAtTwoGateways();
  t.north.on("enrol.rotate", ({ body, id, peer }) => {
    const { jwk } = JSON.parse(Buffer.from(String(body["proof"]).split(".")[0]!, "base64url").toString()) as {
      jwk: PublicJwk;
    };
    const { directory } = t.north.hospital;
    const cred = t.north.hospital.approverCredential(jwk, { device: `${DIRECTORY_ISS}/devices/second-key` });
    peer.send("enrol.done", { cred, directory: directory.jwk, dir_mac: "" }, { re: id });
  });
  await signIn(t);
  const { iss } = t.north.hospital;
  expect(await t.app.ask("replace_key", { iss: "https://unknown.example", pin: PIN })).toMatchObject({
    error: { code: "E_CLI_NOT_FOUND" },
  });
  expect(await t.app.ask("replace_key", { iss, pin: PIN })).toMatchObject({ ok: true });
  await expect.poll(() => t.app.snapshot().phase).toMatchObject({ replacing: { iss, kind: "done" } });
  const kid = t.app.workstation.desks().at(iss).kid;
  expect(kid).not.toBe(t.kid);
  await connected(t.app, t.north);
  expect(connections(t.app)[ELMWOOD.iss]).toBe("live");
  await issue(t);
  await t.app.ask("lock", undefined);
  expect(people(t.app)).toHaveLength(1);
  await signIn({ ...t, kid });
  const file = JSON.parse(await readFile(path.join(t.folder, "app", "people", `${kid}.json`), "utf8")) as {
    context: string;
  };
  expect(JSON.parse(file.context)).toMatchObject({ vault: t.kid });
});

it("keys are given up together, and one that cannot be reached keeps no other", async () => {
  const t = await arrangeAtTwoGateways();
  const given: string[] = [];
  for (const gateway of [t.north, t.elm]) {
    gateway.on("enrol.revoke", ({ id, peer }) => {
      given.push(gateway.hospital.iss);
      peer.send("ok", {}, { re: id });
    });
  }
  await signIn(t);
  t.elm.down();
  await connected(t.app, t.elm, "offline");
  expect(await t.app.ask("revoke_keys", undefined)).toMatchObject({
    error: { code: "E_CLI_OFFLINE", message: expect.stringMatching(/^Elmwood Clinic: /) as unknown },
  });
  expect([given, t.app.snapshot().phase.kind]).toEqual([[t.north.hospital.iss], "unlocked"]);
  t.elm.up();
  expect(await t.app.ask("revoke_keys", undefined)).toEqual({ ok: true, value: null });
  expect(given).toContain(ELMWOOD.iss);
  expect(t.app.snapshot().phase.kind).toBe("locked");
});

import path from "node:path";

import { describe, expect, it } from "vitest";

import type { RequestKey } from "#shared/ipc/contract.ts";

import { approval, PIN } from "../electron/approval.ts";
import { arrange, enrol, raise, review, startGateway } from "./real-gateway.ts";

const ELMWOOD = { issuer: "https://gateway.elmwood.countersign.localhost", name: "Elmwood Clinic" };

/** Two real gateways that one directory vouches for, and a person who adds the second one from the settings. */
async function arrangeBoth() {
  const north = await arrange();
  const { app, folder, data } = north;
  const directory = path.join(data, "directory");
  const elm = await startGateway(path.join(folder, "elmwood"), { hold_s: 1 }, 0, { ...ELMWOOD, directory });
  const kid = await enrol(north);
  expect(await app.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
  expect(await app.ask("add_gateway", undefined)).toMatchObject({ ok: true });
  expect(await enrol({ gateway: elm, app })).toBe(kid);
  const connection = (iss: string) => app.snapshot().gateways.find((one) => one.iss === iss)?.connection.kind;
  const reaches = (iss: string, kind: string) => expect.poll(() => connection(iss)).toBe(kind);
  const status = ({ iss, rid }: RequestKey) =>
    expect.poll(() => app.snapshot().rows.find(({ key }) => key.iss === iss && key.rid === rid)?.status.kind);
  await app.ask("unlock", { kid, pin: PIN });
  await reaches(north.gateway.iss, "live");
  await reaches(elm.iss, "live");
  return { app, north: north.gateway, elm, kid, reaches, status };
}

describe("one person at two real gateways", () => {
  it("decides a request of each, and goes on at one while the other is stopped", async () => {
    const t = await arrangeBoth();
    const atNorth = { iss: t.north.iss, rid: await raise(t.north) };
    const atElm = { iss: t.elm.iss, rid: await raise(t.elm) };
    for (const key of [atNorth, atElm]) await t.status(key).toBe("pending");

    const shown = await review(t.app, atElm.rid, atElm.iss);
    expect(shown).toMatchObject({ gateway_name: ELMWOOD.name, signer: { name: "OKAFOR, Amara (Dr)" } });
    expect(await t.app.ask("decide", approval(shown))).toMatchObject({ ok: true });
    await t.status(atElm).toBe("executed");
    const last = { iss: t.elm.iss, rid: await raise(t.elm, "task-2") };
    await t.status(last).toBe("pending");
    await t.elm.close();
    await t.reaches(t.elm.iss, "offline");

    expect(t.app.snapshot().gateways.find(({ iss }) => iss === t.north.iss)?.connection.kind).toBe("live");
    expect(await t.app.ask("decide", approval(await review(t.app, last.rid, last.iss)))).toMatchObject({
      error: { code: "E_CLI_OFFLINE" },
    });
    const outcome = t.north.decision(atNorth.rid);
    expect(await t.app.ask("decide", approval(await review(t.app, atNorth.rid, atNorth.iss)))).toMatchObject({
      ok: true,
    });
    await t.status(atNorth).toBe("executed");
    expect(await outcome).toMatchObject({ state: "completed" });
    const history = async (): Promise<unknown> => t.app.ask("list_history", { limit: 10 });
    // The row moves when the event is seen, the journal when it is on the disk.
    await expect.poll(history).toMatchObject({
      value: [
        { key: atNorth, signature: "valid", outcome: "completed" },
        { key: atElm, signature: "valid", outcome: "completed" },
      ],
    });
    expect([t.app.faults, t.app.damaged]).toEqual([[], []]);
  });

  it("whose key is revoked at the directory for one of them works on at the other", async () => {
    const t = await arrangeBoth();
    const second = t.app.workstation.desks().at(t.elm.iss).kid;
    t.north.authority!.stop({ kid: second }, "revoked", "lost");
    await t.reaches(t.elm.iss, "refused");
    const key = { iss: t.north.iss, rid: await raise(t.north) };
    await t.status(key).toBe("pending");
    expect(await t.app.ask("decide", approval(await review(t.app, key.rid, key.iss)))).toMatchObject({ ok: true });
    await t.status(key).toBe("executed");
  });
});

import { mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { hasRootKey, initDirectory, openAuthority, openDirectory } from "../../../gateway/directory/directory.ts";
import { decodeStatusList, encodeStatusList } from "#shared/crypto/status-list.ts";
import { crypto, enrol } from "../device.ts";
import { makeManualClock } from "../manual-clock.ts";

const ISS = "https://directory.example";
const SUB = `${ISS}/approvers/lee`;
const root = mkdtempSync(join(tmpdir(), "cs-dir-"));
const closers: (() => void)[] = [];
let n = 0;
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  return "no error";
};

afterAll(() => {
  for (const close of closers) close();
  rmSync(root, { recursive: true, force: true });
});

function makeDirectory() {
  const folder = join(root, String(n++));
  initDirectory(folder, { iss: ISS, env: "production" });
  const clock = makeManualClock();
  const authority = openAuthority(folder, { clock });
  const directory = openDirectory(folder, { clock });
  closers.push(
    () => authority.close(),
    () => directory.close(),
  );
  const now = Math.floor(clock.nowMs() / 1000);
  return { folder, clock, authority, directory, now, rootKey: crypto.importKey(directory.jwk as never) };
}

describe("folder", () => {
  it("keeps the root key apart, readable by its owner alone, and a gateway does without it", () => {
    const { folder, clock } = makeDirectory();
    expect(statSync(join(folder, "root-key.jwk")).mode & 0o077).toBe(0);
    expect(hasRootKey(folder)).toBe(true);
    renameSync(join(folder, "root-key.jwk"), join(root, `taken-${String(n)}`));
    expect(hasRootKey(folder)).toBe(false);
    const directory = openDirectory(folder, { clock });
    expect(directory.iss).toBe(ISS);
    directory.close();
    expect(code(() => openAuthority(folder, { clock }))).toBe("E_CLI_INPUT");
  });

  it("refuses to be made twice, and to be opened where there is none", () => {
    const { folder, clock } = makeDirectory();
    expect(code(() => initDirectory(folder, { iss: ISS, env: "demo" }))).toBe("E_CLI_INPUT");
    expect(code(() => openDirectory(join(root, "nothing"), { clock }))).toBe("E_CLI_INPUT");
  });
});

describe("status", () => {
  it("writes two bits an entry, lowest first, and reads them back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.nat({ max: 5000 }).map(String), fc.constantFrom(0, 1, 2)), (entries) => {
        const statuses = new Map(Object.entries(entries).map(([idx, status]) => [Number(idx), status]));
        const read = decodeStatusList(encodeStatusList(statuses));
        for (let idx = 0; idx <= 1023; idx++) if (!statuses.has(idx)) expect(read(idx)).toBe(0);
        for (const [idx, status] of statuses) expect(read(idx)).toBe(status);
      }),
      { numRuns: 50 },
    );
  });

  it("is signed anew with every change, and seen by a gateway in another connection", () => {
    const { authority, directory, now, rootKey } = makeDirectory();
    const { device } = enrol(authority, directory, { sub: SUB, pools: ["cardiology"] }, now);
    const { kid } = device.signer;
    const seen: string[] = [];
    directory.view.onChange((changed) =>
      seen.push(...changed.map((key) => `${key.kid === kid ? "lee" : "?"} ${key.status}`)),
    );
    directory.view.deliver();
    for (const [act, status] of [
      [() => authority.stop({ sub: SUB }, "suspended", "on leave"), "suspended"],
      [() => authority.reinstate(kid), "active"],
      [() => authority.stop({ kid }, "revoked", "lost laptop"), "revoked"],
    ] as const) {
      act();
      directory.view.refresh();
      expect(directory.view.key(kid)?.status).toBe(status);
      expect(seen.at(-1)).not.toBe(`lee ${status}`);
      directory.view.deliver();
      const key = directory.view.key(kid);
      expect(key?.status).toBe(status);
      const list = verifyJws(crypto, "statusList", directory.view.statusList() ?? "", () => rootKey);
      const bit = decodeStatusList(list.claims.status_list.lst)(key?.claims.status.status_list.idx ?? -1);
      expect(bit).toBe({ active: 0, revoked: 1, suspended: 2 }[status]);
    }
    expect(seen).toEqual(["lee active", "lee suspended", "lee active", "lee revoked"]);
    expect(code(() => authority.reinstate(kid))).toBe("E_CLI_INPUT");
  });

  it("takes over what a gateway has stopped", () => {
    const { authority, directory, now } = makeDirectory();
    const { device } = enrol(authority, directory, { sub: SUB, pools: [] }, now);
    directory.records.reportStop(device.signer.kid, "suspended", "chain fork", "https://gw.example", now);
    expect(authority.signStops()).toBe(1);
    expect(authority.signStops()).toBe(0);
    directory.view.refresh();
    expect(directory.view.key(device.signer.kid)).toMatchObject({ status: "suspended", reason: "chain fork" });
  });
});

describe("trust", () => {
  it("does not see a credential that another key signed, or that is filed under another key", () => {
    const { folder, authority, directory, now } = makeDirectory();
    const { device, cred } = enrol(authority, directory, { sub: SUB, pools: ["cardiology"] }, now);
    const forger = makeSigner(generateKey("ES256"));
    const claims = JSON.parse(Buffer.from(cred.split(".")[1] ?? "", "base64url").toString()) as object;
    const db = new DatabaseSync(join(folder, "directory.sqlite"));
    const add = db.prepare(
      "INSERT INTO credentials (kind, name, sub, jws, changed_at) VALUES ('approver', ?, ?, ?, 1)",
    );
    add.run("forged", SUB, forger.sign(TYP.approver, claims));
    add.run("other-name", SUB, cred);
    db.close();
    directory.view.refresh();
    expect(directory.view.keys().map((key) => key.kid)).toEqual([device.signer.kid]);
  });

  it("keeps a key stopped when someone clears the record but not the signed list", () => {
    const { folder, authority, directory, now } = makeDirectory();
    const { device } = enrol(authority, directory, { sub: SUB, pools: [] }, now);
    authority.stop({ sub: SUB }, "revoked", "gone");
    const db = new DatabaseSync(join(folder, "directory.sqlite"));
    db.exec("UPDATE credentials SET status = 0");
    db.close();
    directory.view.refresh();
    expect(directory.view.key(device.signer.kid)?.status).toBe("revoked");
  });

  it("vouches for a gateway with its keys, log and pools, the newest credential first", () => {
    const { authority, directory, rootKey } = makeDirectory();
    const request = makeSigner(generateKey("ES256"));
    const registration = {
      iss: "https://gw.example",
      name: "Northgate",
      ws_endpoint: "wss://gw.example/countersign/v1/feed",
      jwks: { keys: [{ ...request.jwk, kid: request.kid, cs_use: ["request" as const, "session" as const] }] },
      pools: ["cardiology"],
      log: { origin: "gw.example/log", vkey: "gw.example/log+00000000+AA==" },
      templates: [],
    };
    authority.vouch(registration);
    const second = authority.vouch({ ...registration, pools: ["cardiology", "oncology"] });
    directory.view.refresh();
    expect(directory.view.gateway("https://gw.example")?.jws).toBe(second);
    const { claims } = verifyJws(crypto, "gateway", second, () => rootKey);
    expect(claims).toMatchObject({
      iss: ISS,
      sub: "https://gw.example",
      env: "production",
      pools: ["cardiology", "oncology"],
    });
  });
});

import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { revokeOwnKey } from "../../../electron/keys/revocation.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, makeHospital, newId } from "../hospital.ts";
import { makeManualClock } from "../manual-clock.ts";
import { startGateway } from "../start-gateway.ts";

async function arrange() {
  const clock = makeManualClock();
  const gateway = await startGateway(clock);
  const key = makeUnlockedKey(softwareKeyStore(randomBytes).make().privateKey, "software");
  const parts = {
    crypto,
    clock,
    random: (size: number) => randomBytes(size),
    newId,
    sockets: wsSockets(""),
    client: { app: "Countersign", ver: "0.1.0", os: "test" },
    endpoint: new URL(gateway.url),
    directory: { iss: DIRECTORY_ISS, key: crypto.importKey(gateway.hospital.directory.jwk) },
    iss: GATEWAY_ISS,
  };
  return { gateway, key, give: () => revokeOwnKey(parts, key) };
}

describe("giving one's own key up", () => {
  it("is signed by that key over the gateway's nonce, names it, and is done when the directory said so", async () => {
    const t = await arrange();
    let nonce: unknown;
    const hello = t.gateway.received.next((m) => m.type === "hello");
    t.gateway.on("enrol.revoke", ({ id, body, peer }) => {
      const mine = crypto.importKey(t.key.jwk);
      const { claims } = verifyJws(crypto, "enrol", String(body["proof"]), (kid) =>
        kid === mine.kid ? mine : undefined,
      );
      nonce = claims.nonce;
      expect(claims).toMatchObject({ iss: `urn:jkt:${t.key.kid}`, aud: DIRECTORY_ISS, revoke: t.key.kid });
      peer.send("ok", {}, { re: id });
      peer.close(4401);
    });
    await t.give();
    await hello;
    expect(nonce).toEqual(expect.any(String));
  });

  it("says what the gateway refused, and that it is not known where no answer came", async () => {
    const t = await arrange();
    t.gateway.on("enrol.revoke", ({ id, peer }) => {
      peer.send("error", { code: "E_AUTH_PROOF", title: "no", retry: "never" }, { re: id });
    });
    await expect(t.give()).rejects.toMatchObject({ code: "E_AUTH_PROOF" });
    t.gateway.on("enrol.revoke", ({ peer }) => {
      peer.close(1001);
    });
    await expect(t.give()).rejects.toMatchObject({ code: "E_CLI_OFFLINE" });
  });

  it("signs nothing for a gateway that another directory vouches for", async () => {
    const t = await arrange();
    t.gateway.credential = makeHospital().credential;
    await expect(t.give()).rejects.toMatchObject({ code: "E_GW_CRED" });
    expect(t.gateway.received.all.map((m) => m.type)).toEqual(["hello"]);
  });
});

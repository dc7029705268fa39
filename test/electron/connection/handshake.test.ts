import { describe, expect, it } from "vitest";

import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { crypto, DIRECTORY_ISS, GATEWAY_ISS, newId, POOL } from "../hospital.ts";
import type { ScriptedGateway } from "../scripted-gateway.ts";
import { arrange, elapse } from "./arrange-link.ts";

describe("the handshake", () => {
  it("proves both sides, subscribes from the beginning and is live after the snapshot", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    const hello = t.gateway.received.all.find((m) => m.type === "hello")!;
    expect(hello.body).toMatchObject({ versions: ["1"], client: { app: "Countersign" } });
    const auth = t.gateway.received.all.find((m) => m.type === "auth")!;
    const { claims } = verifyJws(crypto, "session", String(auth.body["proof"]), () =>
      crypto.importKey(
        (JSON.parse(Buffer.from(String(auth.body["cred"]).split(".")[1]!, "base64url").toString()) as never)["cnf"][
          "jwk"
        ],
      ),
    );
    expect(claims).toMatchObject({ iss: `${DIRECTORY_ISS}/devices/wow-17`, aud: GATEWAY_ISS });
    const subscribe = t.gateway.received.all.find((m) => m.type === "subscribe")!;
    expect(subscribe.body).toMatchObject({ feeds: ["me", `pool:${POOL}`], cursor: null, credit: 256 });
    expect(t.seen.all.map((s) => (s.kind === "status" ? s.status.kind : s.kind))).toEqual([
      "connecting",
      "ready",
      "catching_up",
      "snapshot",
      "snapshot",
      "live",
    ]);
  });

  it.each([
    [
      "a credential signed by another directory",
      "E_GW_CRED",
      (g: ScriptedGateway) => {
        g.credential = g.hospital.gatewayCredential({}, g.hospital.gateway);
      },
    ],
    [
      "an expired credential",
      "E_GW_CRED",
      (g: ScriptedGateway) => {
        g.credential = g.hospital.gatewayCredential({ exp: 1_789_999_999 });
      },
    ],
    [
      "the credential of another gateway",
      "E_GW_CRED",
      (g: ScriptedGateway) => {
        g.credential = g.hospital.gatewayCredential({ sub: "https://other.example" });
      },
    ],
    [
      "a proof by a key that may not make sessions",
      "E_AUTH_PROOF",
      (g: ScriptedGateway) => {
        const { jwk, kid } = g.hospital.gateway;
        g.credential = g.hospital.gatewayCredential({ jwks: { keys: [{ ...jwk, kid, cs_use: ["request"] }] } });
      },
    ],
    [
      "a proof over another nonce",
      "E_AUTH_PROOF",
      (g: ScriptedGateway) => {
        g.on("hello", ({ id, peer }) => {
          const proof = g.hospital.gateway.sign("countersign-session+jwt", {
            ver: 1,
            iss: GATEWAY_ISS,
            sub: GATEWAY_ISS,
            aud: "client",
            iat: g.nowS(),
            exp: g.nowS() + 60,
            jti: newId(),
            nonce: "AAAAAAAAAAAAAAAAAAAAAAAA",
            sid: "s",
          });
          peer.send("challenge", { nonce: "A".repeat(32), sid: "s", gw_cred: g.credential, proof }, { re: id });
        });
      },
    ],
  ])("refuses %s, says so and sends no proof of its own", async (_what, code, prepare) => {
    const t = await arrange(prepare);
    t.link.start();
    expect(await t.status("refused")).toMatchObject({ status: { code } });
    expect(t.gateway.received.all.map((m) => m.type)).not.toContain("auth");
    expect(t.gateway.received.all.map((m) => m.type)).not.toContain("subscribe");
  });

  it.each([4403, 4409, 4426])("stops for good at close code %i", async (code) => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.gateway.peer.close(code);
    await t.status("refused");
    await elapse(t.clock, 120_000, 5_000);
    expect(t.gateway.peers.length).toBe(1);
  });

  it("stops when the gateway says that the key is revoked", async () => {
    const t = await arrange((g) => {
      g.on("auth", ({ id, peer }) => {
        peer.send("error", { code: "E_KEY_REVOKED", title: "revoked", retry: "reauth" }, { re: id });
        peer.close(4401);
      });
    });
    t.link.start();
    expect(await t.status("refused")).toMatchObject({ status: { code: "E_KEY_REVOKED" } });
    await elapse(t.clock, 120_000, 5_000);
    expect(t.gateway.peers.length).toBe(1);
  });

  it.each([
    ["E_KEY_REVOKED", 4401],
    ["E_KEY_VALIDITY", 4401],
    ["E_KEY_SUSPENDED", 4401],
    ["E_AUTH_CRED", 4401],
    ["E_FORBIDDEN", 4403],
    ["E_KEY_DEVICE", 4409],
  ])(
    "does not repeat what a peer says that has proved nothing (%s, close %i), and finds the gateway again",
    async (code, close) => {
      const t = await arrange();
      const prove = t.gateway.handler("hello");
      t.gateway.on("hello", ({ id, peer }) => {
        peer.send("error", { code, title: "no", retry: "never" }, { re: id });
        peer.close(close);
      });
      t.link.start();
      await t.status("offline");
      t.gateway.on("hello", prove);
      const live = t.status("live");
      await elapse(t.clock, 2_000, 500);
      await live;
      expect(t.seen.all.filter((s) => s.kind === "status" && s.status.kind === "refused")).toEqual([]);
    },
  );

  it.each([4403, 4409])("does not stop at close code %i from a peer that has proved nothing", async (code) => {
    const t = await arrange((g) => {
      g.on("hello", ({ peer }) => {
        peer.close(code);
      });
    });
    t.link.start();
    await t.status("offline");
  });

  it("forgets what was said before the proof: a connection that breaks after it is a broken connection", async () => {
    const t = await arrange((g) => {
      const prove = g.handler("hello");
      g.on("hello", (message) => {
        message.peer.send("error", { code: "E_KEY_REVOKED", title: "no", retry: "never" });
        prove(message);
      });
      g.on("auth", ({ peer }) => {
        peer.socket.terminate();
      });
    });
    t.link.start();
    await t.status("offline");
  });

  it("says that no version is common, and looks again in case the gateway or the app is another by then", async () => {
    const t = await arrange();
    const prove = t.gateway.handler("hello");
    t.gateway.on("hello", ({ id, peer }) => {
      peer.send("error", { code: "E_VERSION", title: "no", retry: "never" }, { re: id });
      peer.close(4426);
    });
    t.link.start();
    expect(await t.status("refused")).toMatchObject({ status: { code: "E_VERSION" } });
    t.gateway.on("hello", prove);
    const live = t.status("live");
    await elapse(t.clock, 31_000, 5_000);
    await live;
  });

  it("gives up a handshake that takes longer than ten seconds and tries again", async () => {
    const t = await arrange((g) => {
      g.on("hello", () => undefined);
    });
    t.link.start();
    await t.gateway.received.next((m) => m.type === "hello");
    t.clock.advance(10_000);
    await t.status("offline");
    t.clock.advance(500);
    await t.gateway.received.next((m) => m.type === "hello");
  });

  it("works with a wrong clock here: proofs carry the gateway's time", async () => {
    const t = await arrange((g) => {
      g.offsetMs = 300_000;
    });
    t.link.start();
    await t.status("live");
    const auth = t.gateway.received.all.find((m) => m.type === "auth")!;
    const proof = JSON.parse(Buffer.from(String(auth.body["proof"]).split(".")[1]!, "base64url").toString()) as never;
    expect(Math.abs(Number(proof["iat"]) - t.gateway.nowS())).toBeLessThanOrEqual(1);
    expect(Math.round(t.time.offsetMs()! / 1000)).toBe(300);
  });
});

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

import { answer, run, serve } from "./command.ts";
import { checkBundle, type Bundle } from "./evidence.ts";
import { open } from "./hospital.ts";
import type { GatewayCredential, RequestClaims } from "./objects.ts";
import { HELLO, Person } from "./person.ts";
import { headerOf, isSealedBy, nonce, nowS, payloadOf } from "./signed.ts";
import { Socket } from "./socket.ts";

/** What a client pins after it was told of another credential: the directory's signature and nothing else counts. */
async function withPresentCredential(person: Person, wsUrl: string): Promise<Person> {
  const socket = await Socket.open(wsUrl);
  const jws = String((await socket.ask("hello", { ...HELLO, client_nonce: nonce() })).body["gw_cred"]);
  socket.close();
  if (!isSealedBy(person.pinned.directory, jws)) throw new Error("the directory did not sign this credential");
  return new Person(person.key, person.cred, { ...person.pinned, gateway: payloadOf<GatewayCredential>(jws) });
}

it("a request that the gateway's old key signed is approved by two people across a change of that key, and proved (3.13, V29)", async () => {
  const hospital = await open();
  let serving = hospital.serving;
  try {
    const [lee, kim] = [await hospital.enrol("lee"), await hospital.enrol("kim")];
    const rid = await hospital.raise("two-approvers");
    const { socket } = await hospital.connect(lee);
    const raised = await socket.next(
      ({ type, body }) => type === "action.pending" && payloadOf<RequestClaims>(body["jws"]).rid === rid,
    );
    const { jws, claims } = lee.request(raised);
    expect((await lee.submit(socket, lee.decide(jws, "approve"))).receipt?.outcome).toBe("partial");
    const old = headerOf(jws)["kid"];

    const whileServed = await run(["gateway", "rotate"], hospital.env);
    expect([whileServed.status, whileServed.err]).toEqual([1, expect.stringMatching(/^E_STORE_LOCKED: /)]);
    await serving.stop();
    const rotated = await answer(["gateway", "rotate"], hospital.env);
    expect(rotated).toMatchObject({ vouched: true, retired: [{ kid: old }] });
    expect(rotated["kid"]).not.toBe(old);
    serving = await serve(hospital.env);

    const url = String(serving.line["ws_url"]);
    const second = await withPresentCredential(kim, url);
    const kept = second.pinned.gateway.jwks.keys.find(({ kid }) => kid === old);
    expect(kept).toMatchObject({ cs_use: ["request"], verify_until: Math.max(claims.exp, claims.grant_exp) });
    expect(Number(kept?.["verify_until"])).toBeGreaterThan(nowS());
    const live = await second.connect(url);
    await live.socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
    const waiting = await live.socket.next(({ type }) => type === "action.pending");
    expect(second.request(waiting).jws).toBe(jws);
    const { receipt } = await second.submit(live.socket, second.decide(jws, "approve"));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "approved", quorum: { have: 2, need: 2 } });
    await expect.poll(() => hospital.state(rid)).toBe("completed");
    expect(hospital.record.writes).toHaveLength(1);

    const file = path.join(hospital.folder, `${rid}.json`);
    // Evidence is there once the log's next checkpoint is signed.
    const evidence = ["gateway", "bundle", rid, "--out", file];
    await expect.poll(async () => (await run(evidence, hospital.env)).status).toBe(0);
    const bundle = JSON.parse(readFileSync(file, "utf8")) as Bundle;
    expect(checkBundle(bundle, lee.pinned.directory)).toContain("task-completed");
    const verified = await run(["verify", file, "--directory-key", JSON.stringify(lee.pinned.directory)], hospital.env);
    expect([verified.status, JSON.parse(verified.out)]).toMatchObject([0, { ok: true, outcome: "completed" }]);

    await serving.stop();
    const again = await answer(["gateway", "rotate"], hospital.env);
    // Nothing waits, but a client that was away still has receipts of both to verify.
    expect(again["retired"]).toMatchObject([
      { kid: old, verify_until: kept?.["verify_until"] },
      { kid: rotated["kid"] },
    ]);
    serving = await serve(hospital.env);
    const later = await run(["verify", file, "--directory-key", JSON.stringify(lee.pinned.directory)], hospital.env);
    expect(later.status).toBe(0);
  } finally {
    await serving.stop();
    await hospital.close();
  }
});

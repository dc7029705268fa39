import { afterEach, expect, it, onTestFinished } from "vitest";

import { gatewayBodies } from "#shared/protocol/messages.ts";
import { TYP } from "#shared/protocol/names.ts";
import { reportPages } from "#shared/reports/page.ts";

import { serve } from "../../../gateway/transport/serve.ts";
import { freshUuid } from "../device.ts";
import { TestClient } from "../transport/client.ts";
import { GW, type Person } from "../world.ts";
import { makeWard, PURPOSE, type Ward } from "./ward.ts";

let ward: Ward;
afterEach(() => {
  ward.world.close();
});

/** A signed-in connection to the ward's gateway, over a real socket. */
async function connected(person: Person): Promise<TestClient> {
  const { world } = ward;
  const quiet = () => undefined;
  const serving = await serve(world.core, {
    ...{ host: "127.0.0.1", port: 0, clock: world.clock, limits: { drainMs: 0 } },
    logger: { info: quiet, warn: quiet, error: quiet },
  });
  const client = await TestClient.connect(serving.wsUrl);
  onTestFinished(async () => {
    client.ws.terminate();
    await serving.close();
  });
  const { body } = await client.hello();
  const iat = world.now();
  const proof = person.device.signer.sign(TYP.session, {
    ...{ ver: 1, iss: person.claims.device, sub: person.claims.sub, aud: GW, iat, exp: iat + 60, jti: freshUuid() },
    ...{ nonce: body["nonce"], sid: body["sid"] },
  });
  const ready = await client.ask("auth", { proof, cred: person.cred });
  expect(ready.type).toBe("ready");
  return client;
}

it("answers report.query over the socket, and names the place of what it refuses", async () => {
  ward = await makeWard();
  const client = await connected(ward.people.supervisor);
  const query = { name: "history", filter: { decisions: ["deny"] }, purpose: PURPOSE };
  const page = await client.ask("report.query", query);
  expect(page.type).toBe("report.page");
  const { items, total } = reportPages.history.parse(gatewayBodies["report.page"].parse(page.body));
  expect([items.map(({ rid }) => rid), total]).toEqual([[ward.denied], 1]);
  const detail = await client.ask("report.query", {
    ...{ name: "history-detail", filter: { rid: ward.denied }, purpose: PURPOSE },
  });
  expect(reportPages["history-detail"].parse(detail.body).items).toHaveLength(1);
  const misspelt = await client.ask("report.query", { ...query, filter: { decision: ["deny"] } });
  expect(gatewayBodies.error.parse(misspelt.body)).toMatchObject({
    ...{ code: "E_QUERY_FILTER", pointer: "/filter/decision", retry: "never" },
    detail: "/filter/decision: is not known",
  });
  const silent = await client.ask("report.query", { name: "history" });
  expect(silent.body).toMatchObject({ code: "E_QUERY_PURPOSE", pointer: "/purpose" });
  const agents = await client.ask("report.query", { name: "agents" });
  expect(reportPages.agents.parse(agents.body).items[0]).toMatchObject({ kind: "agent" });
});

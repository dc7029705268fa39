import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import path from "node:path";
import tls from "node:tls";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { writeSelfSigned } from "../gateway/transport/self-signed.ts";
import { Clinician, ISS, makeSite, weight } from "./agents-site.ts";
import { payloadOf } from "./device.ts";

const BY_CERTIFICATE = "urn:countersign:agent:lab-bridge";
const BY_SVID = "urn:countersign:agent:anticoag";
const DOMAIN = "northgate.example";
const BODY = weight();

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}
interface Pair {
  readonly cert: string;
  readonly key: string;
}

describe("workload identities at a gateway process behind TLS", () => {
  const svidKey = generateKey("ES256");
  let site: Awaited<ReturnType<typeof makeSite>>;
  let pairs: Record<"server" | "agent" | "next" | "other", Pair>;
  let [url, adapter] = ["", ""];
  let person: Clinician;

  const pairIn = (name: string): Pair & { readonly certFile: string; readonly keyFile: string } => {
    const place = path.join(site.folder, name);
    mkdirSync(place);
    const { cert, certFile, keyFile } = writeSelfSigned(place);
    return { cert, key: readFileSync(keyFile, "utf8"), certFile, keyFile };
  };
  const x5tOf = ({ cert }: Pair): string =>
    createHash("sha256").update(new X509Certificate(cert).raw).digest("base64url");

  beforeAll(async () => {
    site = await makeSite();
    const server = pairIn("server");
    pairs = { server, agent: pairIn("agent"), next: pairIn("next"), other: pairIn("other") };
    tls.setDefaultCACertificates([...tls.getCACertificates("default"), server.cert]);
    const bundle = path.join(site.folder, "bundle.json");
    const { kty, crv, x, y } = svidKey;
    writeFileSync(bundle, JSON.stringify({ keys: [{ kty, crv, x, y, use: "jwt-svid", kid: "spire-1" }] }));
    const common = { model: "sample/1", owner: "Ward 4", actions: ["record.update"], keys: [] };
    await site.init({
      init: ["--tls-cert", server.certFile, "--tls-key", server.keyFile],
      config: {
        tls: { cert: server.certFile, key: server.keyFile, client_certificates: true },
        spiffe: { trust_domain: DOMAIN, bundle },
        adapter: { port: 0 },
      },
      agents: [
        {
          ...common,
          sub: BY_CERTIFICATE,
          name: "Lab bridge",
          certs: [x5tOf(pairs.agent), x5tOf(pairs.next)],
          token: true,
        },
        { ...common, sub: BY_SVID, name: "Anticoag", spiffe: `spiffe://${DOMAIN}/agents/*` },
      ],
    });
    const gateway = site.start(["gateway", "serve"], { NODE_EXTRA_CA_CERTS: server.certFile });
    const addresses = await gateway.ready();
    [url, adapter] = [String(addresses["url"]), String(addresses["adapter_url"])];
    person = await Clinician.signIn(await site.enrol("lee"), String(addresses["ws_url"]));
  }, 60_000);
  afterAll(() => site.close());

  /** One request on a connection of its own, with a client certificate where one is given. */
  const send = (
    to: string,
    {
      method = "POST",
      body = "",
      headers = {},
      by,
    }: { method?: string; body?: string; by?: Pair } & {
      headers?: Record<string, string>;
    } = {},
  ): Promise<Answer> =>
    new Promise((done, failed) => {
      const options = { method, headers, agent: false, ca: pairs.server.cert, ...by };
      const sent = httpsRequest(to, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.once("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.once("error", failed);
      sent.end(body);
    });
  const json = ({ body }: Answer): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;
  const ask = (by?: Pair, headers: Record<string, string> = {}, n = "1") =>
    send(`${url}/countersign/v1/requests`, {
      ...(by === undefined ? {} : { by }),
      body: JSON.stringify({ operation: { method: "POST", url: "Observation", body: BODY }, idempotency_key: n }),
      headers: { "content-type": "application/json", ...headers },
    });
  const FORM = { "content-type": "application/x-www-form-urlencoded" };
  const fetchToken = async (auth_req_id: unknown, by?: Pair) =>
    await send(`${url}/countersign/v1/token`, {
      ...(by === undefined ? {} : { by }),
      headers: FORM,
      body: new URLSearchParams({
        grant_type: "urn:openid:params:grant-type:ciba",
        auth_req_id: String(auth_req_id),
      }).toString(),
    });
  const carryOut = (token: string, by?: Pair, scheme = "Bearer") =>
    send(`${adapter}/Observation`, {
      ...(by === undefined ? {} : { by }),
      headers: { authorization: `${scheme} ${token}`, "content-type": "application/fhir+json" },
      body: BODY,
    });

  async function approvedToken(n: string): Promise<{ readonly rid: string; readonly answer: Record<string, unknown> }> {
    const asked = await ask(pairs.agent, {}, n);
    expect(asked.status, asked.body).toBe(202);
    const rid = String(asked.headers["location"]).split("/").at(-1)!;
    await person.decide(rid, "approve");
    return { rid, answer: json(await fetchToken(json(asked)["auth_req_id"], pairs.agent)) };
  }

  it("takes an agent by its certificate, and binds the task's token to it (RFC 8705)", async () => {
    const { rid, answer } = await approvedToken("bound");
    expect(answer).toMatchObject({ token_type: "Bearer" });
    const token = String(answer["access_token"]);
    expect(payloadOf(token)).toMatchObject({ client_id: BY_CERTIFICATE, cnf: { "x5t#S256": x5tOf(pairs.agent) } });
    const done = await carryOut(token, pairs.agent);
    expect([done.status, json(done)["resourceType"]]).toEqual([201, "Observation"]);
    await person.told(rid, "task-completed");
    expect((await carryOut(token, pairs.agent)).status).toBe(403);
  });

  it.each<[string, "other" | "next" | undefined, string]>([
    ["another certificate", "other", "Bearer"],
    ["the agent's own next certificate", "next", "Bearer"],
    ["no certificate", undefined, "Bearer"],
  ])("refuses the token with %s, and it is dead", async (what, name, scheme) => {
    const { rid, answer } = await approvedToken(what);
    const token = String(answer["access_token"]);
    const [before, failed] = [site.fhir.wire.length, person.told(rid, "task-failed")];
    expect((await carryOut(token, name && pairs[name], scheme)).status).toBe(403);
    await failed;
    expect((await carryOut(token, pairs.agent)).status).toBe(403);
    expect(site.fhir.wire.length).toBe(before);
  });

  it("knows a stranger's certificate as nobody's, and none as no credential", async () => {
    const [stranger, nobody] = [await ask(pairs.other), await ask()];
    expect([stranger.status, nobody.status]).toEqual([401, 401]);
    expect([stranger.body, nobody.body]).toEqual([
      expect.stringContaining("E_AGENT_UNKNOWN"),
      expect.stringContaining("E_AGENT_AUTH"),
    ]);
    // A header that a proxy might set is no certificate.
    const forged = await ask(undefined, { "x-forwarded-client-cert": `Hash=${x5tOf(pairs.agent)}` });
    expect([forged.status, forged.body]).toEqual([401, expect.stringContaining("E_AGENT_AUTH")]);
  });

  it("takes a workload by the SVID that its trust domain signed, and no other", async () => {
    const now = Math.floor(Date.now() / 1000);
    const svid = (over: Record<string, unknown> = {}, key = svidKey): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
      const claims = { sub: `spiffe://${DOMAIN}/agents/anticoag`, aud: [ISS], iat: now, exp: now + 120, ...over };
      const input = `${part({ alg: "ES256", typ: "JWT", kid: "spire-1" })}.${part(claims)}`;
      return `${input}.${Buffer.from(makeSigner(key).signBytes(Buffer.from(input))).toString("base64url")}`;
    };
    const by = async (token: string, n = "svid") => await ask(undefined, { authorization: `Bearer ${token}` }, n);
    const taken = await by(svid());
    expect(taken.status, taken.body).toBe(202);
    const rid = String(taken.headers["location"]).split("/").at(-1)!;
    const task = await send(`${url}${String(taken.headers["location"])}`, {
      ...{ method: "GET", headers: { authorization: `Bearer ${svid()}` } },
    });
    expect(json(task)).toMatchObject({ status: "pending" });
    await person.decide(rid, "deny");
    const refused = [
      svid({}, generateKey("ES256")),
      svid({ sub: "spiffe://elsewhere.example/agents/anticoag" }),
      svid({ sub: `spiffe://${DOMAIN}/other/anticoag` }),
      svid({ aud: ["https://else.example"] }),
      svid({ exp: now - 1 }),
      svid({ exp: now + 3600 }),
    ];
    for (const token of refused) expect((await by(token, "no")).status).toBe(401);
    // Neither may act under the other's name: its task is unknown to the certificate's agent.
    const foreign = await send(`${url}/countersign/v1/tasks/${rid}`, { method: "GET", by: pairs.agent });
    expect([foreign.status, foreign.body]).toEqual([404, expect.stringContaining("E_REQ_UNKNOWN")]);
  });
});

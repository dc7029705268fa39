import { createHmac } from "node:crypto";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { jdig, templateDigest, viewDigest } from "#shared/protocol/digest.ts";
import type { Envelope } from "#shared/protocol/messages.ts";
import { TYP } from "#shared/protocol/names.ts";
import { parseStrict, type Json } from "#shared/protocol/strict-json.ts";

import { TestClient } from "../gateway/transport/client.ts";
import { uuid7 } from "../gateway/transport/people.ts";

const crypto = makeNodeCrypto();
const nowS = (): number => Math.floor(Date.now() / 1000);

export const payloadOf = (jws: unknown): Json =>
  parseStrict(Buffer.from(String(jws).split(".")[1] ?? "", "base64url").toString("utf8"));

export interface Ticket {
  readonly ticket_id: string;
  readonly ws_endpoint: string;
  readonly directory_iss: string;
}

/** A device as the protocol sees it: a key, a credential and the chain of its decisions. */
export class Device {
  readonly key: Signer = makeSigner(generateKey("ES256"));
  #cred = "";
  #claims: ApproverClaims | undefined;
  #chain = { n: 0, prev: "" };

  /** Enrols over the wire; `confirm` is the second person's part, run while this device waits. */
  async enrol(ticket: Ticket, code: string, confirm: () => Promise<void>): Promise<void> {
    const client = await TestClient.connect(ticket.ws_endpoint);
    await client.hello();
    const challenge = await client.ask("enrol.begin", { ticket_id: ticket.ticket_id });
    const nonce = String(challenge.body["nonce"]);
    const text = code.replaceAll("-", "");
    const code_mac = createHmac("sha256", text)
      .update(`countersign-enrol/1\0${nonce}\0${this.key.kid}`)
      .digest("base64url");
    const iat = nowS();
    const proof = this.key.sign(
      TYP.enrol,
      {
        ...{ ver: 1, iss: `urn:jkt:${this.key.kid}`, aud: ticket.directory_iss, iat, exp: iat + 60 },
        ...{ jti: uuid7(Date.now()), nonce, code_mac },
        device: { name: "Ward 4", os: "test", app: "1", key_storage: "software" },
      },
      { jwk: this.key.jwk },
    );
    const pending = await client.ask("enrol.complete", { proof });
    if (pending.type !== "enrol.pending") throw new Error(JSON.stringify(pending.body));
    await confirm();
    const done = await client.next("enrol.done");
    this.#cred = String(done.body["cred"]);
    this.#claims = payloadOf(this.#cred) as unknown as ApproverClaims;
    client.say("bye");
    await client.closed;
  }

  /** Connects, proves itself and takes up the chain where the gateway has it. */
  async signIn(wsUrl: string, iss: string): Promise<{ client: TestClient; ready: Envelope }> {
    const client = await TestClient.connect(wsUrl);
    const { body } = await client.hello();
    const claims = this.#enrolled();
    const iat = nowS();
    const proof = this.key.sign(TYP.session, {
      ...{ ver: 1, iss: claims.device, sub: claims.sub, aud: iss, iat, exp: iat + 60, jti: uuid7(Date.now()) },
      ...{ nonce: body["nonce"], sid: body["sid"] },
    });
    const ready = await client.ask("auth", { proof, cred: this.#cred });
    if (ready.type !== "ready") throw new Error(JSON.stringify(ready.body));
    this.#chain = ready.body["chain"] as { n: number; prev: string };
    return { client, ready };
  }

  /** Signs what a person decided on a request, as protocol.md 3.7 says. */
  decide(requestJws: string, decision: "approve" | "deny"): string {
    const request = payloadOf(requestJws) as unknown as RequestClaims;
    const claims = this.#enrolled();
    const { tpl_dig, lang } = request.display;
    const template = builtinTemplates.find((one) => templateDigest(crypto, one) === tpl_dig);
    const req_dig = jdig(crypto, requestJws);
    const iat = nowS();
    const approval = {
      granted: request.authorization_details,
      grant_exp: request.grant_exp,
      shown: {
        ...{ tpl_dig, lang, complete: true },
        view_dig: viewDigest(crypto, { tplDig: tpl_dig, reqDig: req_dig, lang, must: template?.must_show ?? [] }),
      },
      ack: (request.facts ?? []).filter(({ ack }) => ack).map(({ id }) => id),
      overrides: (request.facts ?? [])
        .filter(({ override }) => override)
        .map(({ id }) => ({ fact: id, code: "will-monitor" })),
      reentry: request.policy.reentry ?? [],
    };
    return this.key.sign(TYP.decision, {
      ...{ ver: 1, iss: claims.device, sub: claims.sub, aud: request.iss, iat, exp: iat + 120, jti: uuid7(Date.now()) },
      ...{ rid: request.rid, rev: request.rev, txn: request.txn, nonce: request.nonce, req_dig, decision },
      reason: { code: decision === "approve" ? "clinically-appropriate" : "not-needed" },
      ...(decision === "approve" ? approval : {}),
      ...{ acr: "urn:countersign:acr:uv", amr: ["swk", "pin", "user"], auth_time: iat, dwell: { ms: 60_000, n: 9 } },
      pol: { id: request.policy.id, ver: request.policy.ver, dig: request.policy.dig },
      chain: { n: this.#chain.n + 1, prev: this.#chain.prev },
    });
  }

  /** A recorded decision is the new head of the chain. */
  recorded(decisionJws: string): void {
    this.#chain = { n: this.#chain.n + 1, prev: jdig(crypto, decisionJws) };
  }

  #enrolled(): ApproverClaims {
    if (this.#claims === undefined) throw new Error("not enrolled");
    return this.#claims;
  }
}

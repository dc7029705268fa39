import { createHmac } from "node:crypto";

import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { PublicJwk } from "#shared/protocol/crypto-port.ts";

import type { ArrangedWorkstation } from "./arrange-workstation.ts";
import { crypto, DIRECTORY_ISS } from "./hospital.ts";
import type { ScriptedGateway } from "./scripted-gateway.ts";

export const PIN = "730415";
const CODE = "7QX4KM2P9RTB0111";
const NONCE = "N".repeat(32);

/** What a person enrols with, and the name of the key once they did. */
export interface Admission {
  readonly ticket: string;
  readonly code: string;
  readonly kid: () => string;
}

/** From now on the gateway enrols whoever comes as `who`, and confirms at once. */
export function admit(gateway: ScriptedGateway, who: Partial<ApproverClaims> = {}): Admission {
  const { directory } = gateway.hospital;
  let kid = "";
  gateway.on("enrol.begin", ({ id, peer }) => {
    peer.send("enrol.challenge", { nonce: NONCE, expires_in: 900 }, { re: id });
  });
  gateway.on("enrol.complete", ({ body, id, peer }) => {
    const [header] = String(body["proof"]).split(".");
    const { jwk } = JSON.parse(Buffer.from(header!, "base64url").toString()) as { jwk: PublicJwk };
    kid = crypto.importKey(jwk).kid;
    const text = ["countersign-enrol-dir/1", NONCE, kid, directory.kid].join("\0");
    const dir_mac = createHmac("sha256", CODE).update(text).digest("base64url");
    const cred = gateway.hospital.approverCredential(jwk, who);
    peer.send("enrol.done", { cred, directory: directory.jwk, dir_mac }, { re: id });
  });
  const ticket = JSON.stringify({
    ticket_id: "ticket-0001",
    ws_endpoint: gateway.url,
    directory_iss: DIRECTORY_ISS,
    directory_kid: directory.kid,
  });
  return { ticket, code: CODE, kid: () => kid };
}

/** Enrols a person through the page's own commands. Returns the key's name. */
export async function enrolWith(
  app: ArrangedWorkstation,
  gateway: ScriptedGateway,
  who: Partial<ApproverClaims> = {},
): Promise<string> {
  const { ticket, code, kid } = admit(gateway, who);
  const reply = await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "software" });
  if (!reply.ok) throw new Error(reply.error.code);
  await app.enrolment("done");
  await app.ask("enrol_cancel", undefined);
  await app.phase("locked");
  return kid();
}

/** Adds a gateway for the person of this key through the page's own commands: they sign in, and are locked afterwards. */
export async function addGateway(app: ArrangedWorkstation, kid: string, gateway: ScriptedGateway): Promise<string> {
  const admission = admit(gateway);
  await app.ask("unlock", { kid, pin: PIN });
  await app.ask("add_gateway", undefined);
  const { ticket, code } = admission;
  const reply = await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "software" });
  if (!reply.ok) throw new Error(reply.error.code);
  await app.enrolment("done");
  await app.ask("enrol_cancel", undefined);
  await app.phase("locked");
  return admission.kid();
}

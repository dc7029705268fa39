import type { JsonWebKey } from "node:crypto";

import { leafHash, proves } from "./log.ts";
import { eventOf, type Credential, type GatewayCredential, type Receipt, type RequestClaims } from "./objects.ts";
import type { SetClaims } from "./objects.ts";
import { b64, contentDigest, dig, headerOf, isSealedBy, jcs, jdig, payloadOf, thumbprint } from "./signed.ts";
import { viewDigest } from "./decision.ts";

export interface Bundle {
  readonly format: string;
  readonly request: string;
  readonly decisions: readonly string[];
  readonly receipts: readonly string[];
  readonly events: readonly string[];
  readonly credentials: readonly string[];
  readonly gateway: string;
  readonly log: { readonly vkey: string; readonly proofs: readonly string[]; readonly entries: readonly string[] };
  readonly templates: readonly unknown[];
  readonly status: readonly string[];
}

interface Leaf {
  readonly v: number;
  readonly t: string;
  readonly rid?: string;
  readonly rev?: number;
  readonly obj: string;
  readonly kid: string;
  readonly out?: string;
}
interface Decision {
  readonly iss: string;
  readonly sub: string;
  readonly rid: string;
  readonly jti: string;
  readonly req_dig: string;
  readonly nonce: string;
  readonly decision: string;
  readonly shown?: { readonly view_dig: string };
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/**
 * Every signature, digest and inclusion proof of a bundle (protocol.md 3.12) with nothing but the directory's public key.
 * @returns what the events say became of it, in their order
 */
export function checkBundle(bundle: Bundle, directory: JsonWebKey & { alg?: string }): readonly string[] {
  must(bundle.format === "countersign-bundle/1", "format");
  const gateway = payloadOf<GatewayCredential>(bundle.gateway);
  for (const [jws, typ] of [
    [bundle.gateway, "countersign-gateway+jwt"],
    ...bundle.credentials.map((one) => [one, "countersign-approver+jwt"] as const),
    ...bundle.status.map((one) => [one, "statuslist+jwt"] as const),
  ] as const) {
    must(headerOf(jws)["typ"] === typ && headerOf(jws)["kid"] === thumbprint(directory), `${typ} header`);
    must(isSealedBy(directory, jws), `${typ} signature`);
  }
  const byGateway = (jws: string, typ: string): void => {
    const { kid, typ: said } = headerOf(jws);
    const key = gateway.jwks.keys.find((one) => one.kid === kid && one.cs_use.includes("request"));
    must(said === typ && key !== undefined && key.kid === thumbprint(key) && isSealedBy(key, jws), typ);
  };
  byGateway(bundle.request, "countersign-request+jwt");
  for (const jws of bundle.receipts) byGateway(jws, "countersign-receipt+jwt");
  for (const jws of bundle.events) byGateway(jws, "secevent+jwt");

  const request = payloadOf<RequestClaims>(bundle.request);
  const { op } = request.action;
  const { dig: polDig, ...policy } = request.policy;
  must(op.body_dig === contentDigest(op.body), "body_dig");
  must(op.before === undefined || op.before_dig === contentDigest(op.before), "before_dig");
  must(
    request.authorization_details.some((one) => one["content_digest"] === op.body_dig),
    "content_digest",
  );
  must(polDig === dig(jcs(policy)), "pol.dig");
  must(
    bundle.templates.some((template) => dig(jcs(template)) === request.display.tpl_dig),
    "template",
  );

  must(bundle.receipts.length === bundle.decisions.length && bundle.decisions.length > 0, "one receipt each");
  bundle.decisions.forEach((jws, i) => {
    const [decision, receipt] = [payloadOf<Decision>(jws), payloadOf<Receipt>(bundle.receipts[i])];
    const credential = bundle.credentials
      .map((one) => payloadOf<Credential>(one))
      .find(({ cnf }) => thumbprint(cnf.jwk) === headerOf(jws)["kid"]);
    must(credential !== undefined && isSealedBy(credential.cnf.jwk, jws), "decision signature");
    must(decision.iss === credential?.device && decision.sub === credential.sub, "whose decision");
    must(decision.req_dig === jdig(bundle.request) && decision.nonce === request.nonce, "which request");
    must(decision.shown === undefined || decision.shown.view_dig === viewDigest(bundle.request), "view");
    must(receipt.dec_dig === jdig(jws) && receipt.dec_jti === decision.jti, "receipt");
    must(receipt.aud === decision.iss && receipt.sub === decision.sub, "whose receipt");
  });

  must(bundle.log.vkey === gateway.log.vkey, "vkey");
  const leaves = bundle.log.entries.map((entry) => JSON.parse(entry) as Leaf);
  must(bundle.log.proofs.length === leaves.length, "one proof each");
  bundle.log.entries.forEach((entry, i) => proves(bundle.log.proofs[i] ?? "", entry, bundle.log.vkey));
  const objects = [bundle.request, ...bundle.decisions];
  objects.forEach((jws, i) => {
    must(leaves[i]?.obj === jdig(jws) && leaves[i].kid === headerOf(jws)["kid"], `leaf ${String(i)}`);
    const receipt = payloadOf<Receipt>(bundle.receipts[i - 1] ?? bundle.receipts[0]);
    if (i > 0) must(receipt.log.leaf === b64(leafHash(bundle.log.entries[i] ?? "")), "the receipt's leaf");
    if (i > 0) must(leaves[i]?.out === receipt.outcome, "the leaf's outcome");
  });
  const digests = new Set(bundle.events.map(jdig));
  must(
    leaves.slice(objects.length).every(({ t, obj }) => t === "outcome" && digests.has(obj)),
    "outcome leaves",
  );
  const events = bundle.events.map((jws) => eventOf(payloadOf<SetClaims>(jws)));
  for (const { members } of events) {
    must(members["rid"] === request.rid && members["req_dig"] === jdig(bundle.request), "an event of another request");
  }
  return events.map(({ name }) => name);
}

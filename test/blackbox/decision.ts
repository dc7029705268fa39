import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import type { RequestClaims } from "./objects.ts";
import type { Person } from "./person.ts";
import { dig, jcs, jdig, nowS, payloadOf, seal, uuid7, type Members } from "./signed.ts";

const TEMPLATES = path.resolve(import.meta.dirname, "../../shared/presentation/templates");

interface Template extends Members {
  readonly must_show: readonly string[];
}
/** The shipped templates by the digest of 3.6(2). They are data, and their digest is their only authority. */
const templates = new Map(
  readdirSync(TEMPLATES)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(path.join(TEMPLATES, name), "utf8")) as Template)
    .map((template) => [dig(jcs(template)), template]),
);

/** `view_dig` of 3.6 over these exact bytes. */
export function viewDigest(request: string): string {
  const { tpl_dig, lang } = payloadOf<RequestClaims>(request).display;
  const template = templates.get(tpl_dig);
  if (template === undefined) throw new Error(`no template ${tpl_dig}`);
  return dig(jcs({ fmt: "countersign-view/1", tpl_dig, req_dig: jdig(request), lang, must: template.must_show }));
}

export interface DecideOptions {
  /** Members that replace what an honest client would say; `undefined` leaves one out. */
  readonly claims?: Members;
  readonly header?: Members;
}

/** What an honest client signs (3.7): everything granted, every fact acknowledged, every conflict answered. */
export function honest(person: Person, request: string, decision: string): Members {
  const asked = payloadOf<RequestClaims>(request);
  const iat = nowS();
  const { tpl_dig, lang } = asked.display;
  const facts = asked.facts ?? [];
  const acked = facts.filter(({ ack }) => ack === true).map(({ id }) => id);
  const disputed = facts.filter(({ override }) => override === true);
  const approval = {
    granted: asked.authorization_details,
    grant_exp: asked.grant_exp,
    shown: { tpl_dig, view_dig: viewDigest(request), lang, complete: true },
    ...(acked.length === 0 ? {} : { ack: acked }),
    ...(disputed.length === 0 ? {} : { overrides: disputed.map(({ id }) => ({ fact: id, code: "will-monitor" })) }),
    ...(asked.policy.reentry === undefined ? {} : { reentry: asked.policy.reentry }),
    reason: { code: "clinically-appropriate" },
  };
  const { id, ver, dig: polDig } = asked.policy;
  return {
    ...{ ver: 1, iss: person.claims.device, sub: person.claims.sub, aud: asked.iss },
    ...{ iat, exp: iat + 120, jti: uuid7() },
    ...{ rid: asked.rid, rev: asked.rev, txn: asked.txn, nonce: asked.nonce, req_dig: jdig(request), decision },
    ...(decision === "approve" ? approval : { reason: { code: "not-needed" } }),
    ...{ acr: "urn:countersign:acr:uv", amr: ["swk", "pin", "user"], auth_time: iat },
    dwell: { ms: 60_000, n: 9 },
    pol: { id, ver, dig: polDig },
    chain: { n: person.chain.n + 1, prev: person.chain.prev },
  };
}

export function decide(person: Person, request: string, decision: string, { claims, header }: DecideOptions): string {
  const all = { ...honest(person, request, decision), ...claims };
  return seal(person.key, "countersign-decision+jwt", all, header);
}

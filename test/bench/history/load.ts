import { randomBytes } from "node:crypto";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { jdig, viewDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { readingOf, type Reading } from "#shared/reports/reading.ts";

import { claimsOf, signRequest } from "../../../gateway/requests/signed-request.ts";
import { uuid7 } from "../../../gateway/uuid7.ts";
import { crypto } from "../../gateway/device.ts";
import type { BenchHospital, BenchPerson } from "./hospital.ts";

/** Decisions of one commit; the group commit of a busy gateway. */
const GROUP = 100;
/** Between decisions, in the hospital's time: a million in four months, within the life of the keys. */
const STEP_S = 10;
/** Requests made by the whole way of an agent's draft; the others differ from one of them in ids and times. */
const KINDS = 64;

interface Kind {
  readonly claims: RequestClaims;
  readonly reading: Reading;
}

/**
 * Fills the store up to so many decided requests: each request and decision signed, verified (V1 to V28) and committed by
 * the gateway's own code, executions with their gate (V29) and SETs, leaves and checkpoints. Left out: the network, the
 * gathering of facts for each, and a feed that nobody reads.
 */
export async function load(hospital: BenchHospital, rows: number, tell: (done: number) => void): Promise<void> {
  const { core, clock, db } = hospital;
  let done = Number(db.prepare("SELECT COUNT(*) AS n FROM report_rows").get()?.["n"]);
  if (done >= rows) return;
  const kinds: Kind[] = [];
  for (let kind = 0; kind < KINDS; kind++) {
    const row = core.store.currentRequest(await hospital.raise(kind));
    if (!row) throw new Error("nothing was raised");
    const claims = claimsOf(row);
    kinds.push({ claims, reading: readingOf(claims, BUILTIN_TEMPLATES.medicationOrder) });
  }
  const heads = new Map(hospital.approvers.map(({ session }) => [session.kid, core.chainHead(session.kid)]));
  while (done < rows) {
    core.store.write((tx) => {
      for (let i = 0; i < GROUP; i++) one(hospital, kinds, heads, done + i);
      tx.pruneFeed(clock.nowMs() / 1000 + 1, 1);
    });
    clock.ring();
    done += GROUP;
    tell(done);
    // Interrupts are heard between the groups.
    await new Promise(setImmediate);
  }
}

function one(
  hospital: BenchHospital,
  kinds: readonly Kind[],
  heads: Map<string, { n: number; prev: string }>,
  n: number,
): void {
  const { core, clock, gateway, approvers } = hospital;
  clock.set(clock.nowMs() + STEP_S * 1000);
  const now = clock.nowMs() / 1000;
  const { claims: first, reading } = kinds[(n * 7) % kinds.length] ?? fail();
  const claims = asked(first, now);
  const request = signRequest({ crypto, signer: gateway }, claims, reading);
  core.store.write((tx) => {
    tx.addRequest(request, now);
    const { rid, rev, dig: obj } = request;
    core.records.leaf(tx, { t: "request", rid, rev, obj, kid: gateway.kid, ts: now });
  });
  const able = approvers.filter(({ session }) => session.cred.pools.some((pool) => claims.policy.pools.includes(pool)));
  const person = able[n % able.length] ?? fail();
  const head = heads.get(person.session.kid) ?? fail();
  const kind = n % 7 === 0 ? "deny" : "approve";
  const jws = person.device.signer.sign(TYP.decision, decided(claims, request.dig, person, { head, kind, n, now }));
  const answer = core.submitDecision(jws, person.session);
  if (answer.kind === "error") throw new Error(answer.error.code);
  heads.set(person.session.kid, { n: head.n + 1, prev: jdig(crypto, jws) });
  if (kind === "deny") return;
  const started = core.executions.start(request.rid);
  if (!started) throw new Error("an approval was not recorded");
  const body = "";
  core.executions.finish(
    started.exec_id,
    n % 31 === 0
      ? { kind: "refused", status: 422, body }
      : { kind: "done", status: 201, body, location: "MedicationRequest/1" },
  );
}

function asked(first: RequestClaims, now: number): RequestClaims {
  const shift = now - first.iat;
  const [rid, jti, txn] = [0, 1, 2].map(() => uuid7(now * 1000, randomBytes(10)));
  const grant_exp = first.grant_exp + shift;
  return {
    ...first,
    ...{
      rid: rid ?? "",
      jti: jti ?? "",
      txn: txn ?? "",
      iat: now,
      exp: first.exp + shift,
      submit_by: first.exp + shift,
    },
    ...{ grant_exp, nonce: randomBytes(24).toString("base64url") },
    authorization_details: first.authorization_details.map((element) =>
      "not_after" in element ? { ...element, not_after: grant_exp } : element,
    ),
  };
}

function decided(
  claims: RequestClaims,
  req_dig: string,
  { session }: BenchPerson,
  { head, kind, n, now }: { head: { n: number; prev: string }; kind: "approve" | "deny"; n: number; now: number },
): DecisionClaims {
  const { rid, rev, txn, nonce, policy, display } = claims;
  const common = {
    ...{ ver: 1 as const, iss: session.cred.device, sub: session.sub, aud: claims.iss, iat: now, exp: now + 120 },
    ...{ jti: uuid7(now * 1000, randomBytes(10)), rid, rev, txn, nonce, req_dig, decision: kind },
    ...{ acr: "urn:countersign:acr:uv", amr: ["pin", "user"], auth_time: now },
    pol: { id: policy.id, ver: policy.ver, dig: policy.dig },
    chain: { n: head.n + 1, prev: head.prev },
    dwell: { ms: 1000 + ((n * 7919) % 60_000), n: 20, opened_at: now },
  };
  if (kind === "deny") return { ...common, reason: { code: n % 2 === 0 ? "not-needed" : "wrong-drug-or-dose" } };
  const { tpl_dig: tplDig, lang } = display;
  const must = BUILTIN_TEMPLATES.medicationOrder.must_show;
  return {
    ...common,
    ...{ granted: claims.authorization_details, grant_exp: claims.grant_exp },
    ack: (claims.facts ?? []).filter(({ ack }) => ack).map(({ id }) => id),
    shown: {
      tpl_dig: tplDig,
      view_dig: viewDigest(crypto, { tplDig, reqDig: req_dig, lang, must }),
      lang,
      complete: true,
    },
  };
}

function fail(): never {
  throw new Error("the bench's hospital is not whole");
}

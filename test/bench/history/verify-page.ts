import { verify, type KeyObject } from "node:crypto";

import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";
import { reportPages } from "#shared/reports/page.ts";
import type { DetailItem } from "#shared/reports/items.ts";

import { crypto } from "../../gateway/device.ts";
import { publicKeyObject } from "../measure/key-object.ts";
import type { BenchHospital } from "./hospital.ts";
import { compared, timed } from "./quantiles.ts";

const ROUNDS = 11;
const WARM_UP = 3;

/** Verifies a page on this computer (shape, steps, quorum gate, receipts, inclusion) beside its bare signatures. */
export function verifyPage(hospital: BenchHospital, rids: readonly string[]): unknown {
  const { core, supervisor, directoryKey } = hospital;
  const items = rids.flatMap((rid) => {
    const body = { name: "history-detail", filter: { rid }, purpose: { code: "HQUALIMP" } };
    return reportPages["history-detail"].parse(core.report(supervisor.session, body)).items;
  });
  const options = { builtinTemplates, findHidden, decodeStatusList };
  const bundles = items.map(bundleOf);
  const signed = items.flatMap(signaturesOf).map(({ jws, kid }) => {
    const key = keysOf(hospital).get(kid);
    if (!key) throw new Error(`no key ${kid}`);
    const at = jws.lastIndexOf(".");
    return { data: Buffer.from(jws.slice(0, at)), signature: Buffer.from(jws.slice(at + 1), "base64url"), key };
  });
  const pairs = Array.from({ length: WARM_UP + ROUNDS }, () => {
    const whole = timed(() => bundles.map((bundle) => verifyBundle(bundle, directoryKey, crypto, options)));
    const bad = whole.value.find(({ ok }) => !ok);
    if (bad) throw new Error(`does not verify: ${JSON.stringify(bad.steps.filter(({ ok }) => !ok))}`);
    const raw = timed(() =>
      signed.every(({ data, signature, key }) => verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature)),
    );
    if (!raw.value) throw new Error("a signature does not verify by itself");
    return { ours: whole.time, raw: raw.time };
  });
  return { rows: items.length, signatures: signed.length, ...compared("verify page", pairs.slice(WARM_UP)) };
}

function bundleOf(item: DetailItem): unknown {
  return {
    ...{ format: "countersign-bundle/1", request: item.request, decisions: item.decisions, receipts: item.receipts },
    ...{ events: item.sets, credentials: item.credentials, gateway: item.gateway },
    log: { vkey: item.vkey, proofs: item.proofs, entries: item.entries },
    templates: [item.template],
    status: item.status === undefined ? [] : [item.status],
  };
}

function signaturesOf(item: DetailItem): { readonly jws: string; readonly kid: string }[] {
  const { request = "", decisions, receipts, sets, credentials, gateway, status } = item;
  const all = [request, ...decisions, ...receipts, ...sets, ...credentials, gateway, status];
  return all.flatMap((jws) => {
    if (jws === null || jws === undefined || jws === "") return [];
    const header: unknown = JSON.parse(Buffer.from(jws.split(".")[0] ?? "", "base64url").toString());
    const kid = typeof header === "object" && header !== null && "kid" in header ? String(header.kid) : "";
    return [{ jws, kid }];
  });
}

function keysOf({ gateway, approvers, directoryKey }: BenchHospital): ReadonlyMap<string, KeyObject> {
  const directory = publicJwk.parse(directoryKey);
  return new Map([
    [directoryKey["kid"] ?? "", publicKeyObject(directory)],
    [gateway.kid, publicKeyObject(gateway.jwk)],
    ...approvers.map(({ session, device }) => [session.kid, publicKeyObject(device.signer.jwk)] as const),
  ]);
}

import { describe, expect, it } from "vitest";

import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { verifyBundle, type BundleOptions } from "#shared/protocol/evidence/verify-bundle.ts";
import { RAR, TYP } from "#shared/protocol/names.ts";

import { requestWith } from "../fixture/case.ts";
import { decide, deny, revoke, type Draft } from "../fixture/decision.ts";
import { decodeStatusList, event, makeBundle, statusList, type Scene } from "../fixture/evidence.ts";
import {
  crypto,
  directory,
  gateway,
  gatewayClaims,
  makePerson,
  makeRequest,
  ORDER,
  signRequest,
  T0,
  template,
} from "../fixture/hospital.ts";

const [lee, kim] = [makePerson("lee"), makePerson("kim", {}, "ES256")];
const request = signRequest(makeRequest());
const approval = decide(lee, request);
const options: BundleOptions = { findHidden, decodeStatusList };

const verify = (bundle: unknown, more: BundleOptions = options) => verifyBundle(bundle, directory.jwk, crypto, more);
const failures = (bundle: unknown, more?: BundleOptions) =>
  verify(bundle, more)
    .steps.filter((s) => !s.ok)
    .map((s) => `${s.step} ${s.code ?? ""}`);
const scene = (more: Partial<Scene> = {}): Scene => ({ people: [lee], request, decisions: [approval], ...more });
const edited = (change: (bundle: ReturnType<typeof makeBundle>) => void, from = scene()) => {
  const bundle = makeBundle(from);
  change(bundle);
  return bundle;
};

describe("a bundle", () => {
  it("proves an approval with nothing but the directory's key", () => {
    const verdict = verify(makeBundle(scene()));
    expect(verdict.steps.filter((s) => !s.ok)).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, outcome: "approved" });
  });

  it("says which steps need live state, and runs all others", () => {
    const skipped = verify(makeBundle(scene())).steps.filter((s) => s.skipped);
    expect(skipped.map((s) => s.step)).toEqual([
      "request C8",
      "request C11 rollback",
      "decisions/0 V9",
      "decisions/0 V10 status",
      "decisions/0 V16",
      "decisions/0 V17",
    ]);
    expect(skipped.every((s) => s.skipped === "state")).toBe(true);
    const bare = verifyBundle(makeBundle(scene()), directory.jwk, crypto);
    expect(bare).toMatchObject({ ok: true });
    expect(bare.steps).toContainEqual({ step: "request C14", ok: true, skipped: "classifier" });
  });

  it("takes the directory's key as it is published, with or without alg", () => {
    const { alg: _, ...jwk } = directory.jwk;
    expect(verifyBundle(makeBundle(scene()), jwk, crypto).ok).toBe(true);
    for (const key of [{ ...jwk, kty: "RSA" }, null, "key", kim.signer.jwk, gateway.jwk]) {
      expect(verifyBundle(makeBundle(scene()), key, crypto).ok).toBe(false);
    }
  });

  it.each([
    ["denied", scene({ decisions: [decide(lee, request, deny)] })],
    ["revoked", scene({ decisions: [approval, { ...decide(lee, request, revoke(approval)), at: T0 + 91 }] })],
    [
      "completed",
      scene({
        events: [
          event("request-resolved", request, { outcome: "approved" }),
          event("task-executing", request, { exec_id: "1" }, T0 + 72),
          event("token-revoked", request, { jti: "1" }, T0 + 73),
          event("task-completed", request, { outcome: "completed", uses: 1 }, T0 + 73),
        ],
      }),
    ],
    [
      "failed",
      scene({
        events: [
          event("task-executing", request, {}, T0 + 72),
          event("task-failed", request, { code: "E_UPSTREAM" }, T0 + 73),
        ],
      }),
    ],
    ["lapsed", scene({ events: [event("request-resolved", request, { outcome: "lapsed" })] })],
  ])("proves what a request came to: %s", (outcome, from) => {
    const verdict = verify(makeBundle(from));
    expect(verdict.steps.filter((s) => !s.ok)).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, outcome });
  });

  it("proves a quorum by every approver's decision and credential", () => {
    const asked = requestWith({ quorum: { need: 2, ordered: true } });
    const first = decide(lee, asked, (c) => (c.after = []));
    const second = decide(kim, asked, (c) => (c.after = [first.dig]));
    const bundle = makeBundle(scene({ people: [lee, kim], request: asked, decisions: [first, second] }));
    expect(verify(bundle)).toMatchObject({ ok: true, outcome: "approved" });
    expect(failures({ ...bundle, credentials: bundle.credentials.slice(0, 1) })).toContain(
      "decisions/1 V1-V8 E_KEY_UNKNOWN",
    );
  });

  it("does not count an approval that lapsed before the others came", () => {
    const asked = requestWith({ quorum: { need: 2, window: 100 } });
    const at = (s: number) => (c: Draft) => Object.assign(c, { iat: T0 + s, exp: T0 + s + 60, auth_time: T0 + s });
    const max = makePerson("max");
    const [a, b] = [decide(kim, asked, at(200)), decide(max, asked, at(210))];
    const alone = makeBundle(
      scene({
        people: [kim, max],
        request: asked,
        decisions: [
          { ...a, at: T0 + 201 },
          { ...b, at: T0 + 211 },
        ],
      }),
    );
    expect(verify(alone)).toMatchObject({ ok: true, outcome: "approved" });
  });

  it("keeps a rejected decision beside the one that counts", () => {
    const late = { ...decide(kim, request), at: T0 + 63 };
    const verdict = verify(makeBundle(scene({ people: [lee, kim], decisions: [approval, late] })));
    expect(verdict).toMatchObject({ ok: true, outcome: "approved" });
    expect(verdict.steps).toContainEqual({ step: "decisions/1 V10-V27", ok: true, skipped: "rejected" });
  });

  it("proves the denial of a request that could not have been approved, and says why it could not", () => {
    const hidden = signRequest(
      makeRequest((r) => (r.action.op.body = JSON.stringify({ ...ORDER, note: [{ text: "a\u202eb" }] }))),
    );
    const verdict = verify(makeBundle(scene({ request: hidden, decisions: [decide(lee, hidden, deny)] })));
    expect(verdict).toMatchObject({ ok: true, outcome: "denied" });
    expect(verdict.steps).toContainEqual(
      expect.objectContaining({ step: "request C14", code: "E_DSP_TEXT", skipped: "denied" }),
    );
    const approved = makeBundle(scene({ request: hidden, decisions: [decide(lee, hidden)] }));
    expect(failures(approved)).toEqual(["request C14 E_DSP_TEXT"]);
  });

  it("needs no template beside it that ships with the software", () => {
    const bundle = edited((b) => (b.templates = []));
    expect(failures(bundle)).toContain("request C12 E_DSP_TEMPLATE");
    expect(verify(bundle, { ...options, builtinTemplates: [template] })).toMatchObject({ ok: true });
  });
});

describe("a bundle does not pass", () => {
  it.each<[string, string, unknown]>([
    ["something else", "bundle E_BUNDLE", { format: "countersign-bundle/2" }],
    ["nothing", "bundle E_BUNDLE", null],
    ["a decision without its receipt", "bundle E_BUNDLE", edited((b) => (b.receipts = [...b.receipts, ...b.receipts]))],
    [
      "another directory's gateway",
      "gateway E_GW_CRED",
      edited((b) => (b.gateway = kim.signer.sign(TYP.gateway, gatewayClaims()))),
    ],
    ["another template", "templates/0 E_DSP_TEMPLATE", edited((b) => (b.templates = [{ ...template, ver: 3 }]))],
    [
      "a template that says more",
      "templates/0 E_DSP_TEMPLATE",
      edited((b) => (b.templates = [{ ...template, more: 1 }])),
    ],
    ["a log key of its own", "log E_LOG_KEY", edited((b) => (b.log.vkey = `${b.log.vkey}=`))],
    [
      "a decision that is not proven to be logged",
      "log E_LOG_PENDING",
      edited((b) => (b.log = { ...b.log, entries: b.log.entries.slice(0, 1), proofs: b.log.proofs.slice(0, 1) })),
    ],
    ["entries without proofs", "log E_BUNDLE", edited((b) => (b.log = { ...b.log, proofs: [] }))],
    [
      "entries in another order",
      "log/0 E_LOG_PROOF",
      edited((b) => (b.log = { ...b.log, entries: b.log.entries.toReversed(), proofs: b.log.proofs.toReversed() })),
    ],
    [
      "an entry of something that is not there",
      "log/2 E_LOG_PROOF",
      edited((b) => (b.events = []), scene({ events: [event("request-resolved", request, { outcome: "approved" })] })),
    ],
    [
      "a cosignature that nobody here knows",
      "log/0 E_LOG_PROOF",
      edited((b) => (b.log = { ...b.log, proofs: b.log.proofs.map((p) => `${p}\u2014 witness.example AAAAAAAA\n`) })),
    ],
    ["an event that cannot be", "outcome E_BUNDLE", makeBundle(scene({ events: [event("request-expired", request)] }))],
    [
      "an execution before its approval",
      "outcome E_BUNDLE",
      makeBundle(scene({ decisions: [decide(lee, request, deny)], events: [event("task-executing", request)] })),
    ],
    [
      "a completion without an execution",
      "outcome E_BUNDLE",
      makeBundle(scene({ events: [event("task-completed", request)] })),
    ],
    [
      "a receipt with another outcome",
      "receipts/0 outcome E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.outcome = "denied") })),
    ],
    [
      "a receipt with another count",
      "receipts/0 outcome E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.quorum = { have: 2, need: 2 }) })),
    ],
    [
      "a receipt with another grant",
      "receipts/0 outcome E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.effective = request.dig) })),
    ],
    [
      "a receipt of another decision",
      "receipts/0 answers E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.dec_dig = request.dig) })),
    ],
    [
      "a receipt to another person",
      "receipts/0 answers E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.sub = kim.entry.sub) })),
    ],
    [
      "a receipt that names another place in the log",
      "log/1 E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.log = { origin: "log.example/countersign", index: 9, mmd: 60 }) })),
    ],
    [
      "a receipt of another gateway",
      "receipts/0 E_RCT_MISMATCH",
      makeBundle(scene({ receipt: (c) => (c.iss = "https://other.example") })),
    ],
    [
      "a decision of a key revoked before it",
      "decisions/0 V10 E_KEY_REVOKED",
      makeBundle(scene({ status: [statusList([0, 1], T0)] })),
    ],
    [
      "a decision of a key suspended before it",
      "decisions/0 V10 E_KEY_SUSPENDED",
      makeBundle(scene({ status: [statusList([0, 2], T0)] })),
    ],
  ])("with %s", (_what, failure, bundle) => {
    expect(failures(bundle)).toContain(failure);
    expect(verify(bundle).ok).toBe(false);
  });

  it("when the decision itself should have been refused, whatever the receipt says", () => {
    const asked = requestWith({ key_storage: ["hardware"] });
    const honest = requestWith({});
    const bundle = makeBundle(scene({ request: honest, decisions: [decide(lee, honest)] }));
    const lying = makeBundle(
      scene({
        request: asked,
        decisions: [decide(lee, asked)],
        receipt: (c) =>
          Object.assign(c, { result: "recorded", outcome: "approved", quorum: { have: 1, need: 1 }, code: undefined }),
      }),
    );
    expect(verify(bundle).ok).toBe(true);
    expect(failures(lying)).toContain("decisions/0 V23 E_KEY_CLASS");
  });
  it("when a key was used after it was retired", () => {
    const retired = gatewayClaims({
      jwks: { keys: [{ ...gateway.jwk, kid: gateway.kid, cs_use: ["request"], verify_until: T0 - 1 }] },
    });
    const old = edited(
      (b) =>
        (b.gateway = directory.sign(TYP.gateway, {
          ...retired,
          log: { origin: "log.example/countersign", vkey: b.log.vkey },
        })),
    );
    expect(failures(old)).toContain("request C1-C5 E_GW_KEY");
  });
  it("a revocation of the key after the decision does not undo the evidence", () => {
    expect(verify(makeBundle(scene({ status: [statusList([0, 1], T0 + 5000)] })))).toMatchObject({ ok: true });
  });
  it("when the scope does not fit what was asked", () => {
    const wide = (c: Draft) =>
      (c.granted = (c.granted ?? []).map((g) => (g.type === RAR.smartScope ? { ...g, scopes: ["user/*.cruds"] } : g)));
    const lying = makeBundle(
      scene({
        decisions: [decide(lee, request, wide)],
        receipt: (c) => Object.assign(c, { result: "recorded", outcome: "approved", code: undefined }),
      }),
    );
    expect(failures(lying)).toContain("decisions/0 V19 E_AUZ_WIDER");
  });
});

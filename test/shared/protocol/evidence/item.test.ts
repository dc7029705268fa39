import { describe, expect, it } from "vitest";

import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import { RAR, TYP } from "#shared/protocol/names.ts";

import { decide } from "../fixture/decision.ts";
import { event, statusList, VKEY } from "../fixture/evidence.ts";
import { directory, gateway, gatewayClaims, makePerson, makeRequest, signRequest, T0 } from "../fixture/hospital.ts";
import {
  denied,
  executed,
  expired,
  KIM,
  LEE,
  makeItem,
  spellVerdict,
  verifyKept,
  withheld,
  type Kept,
} from "../fixture/item.ts";

const verdict = (kept: Kept) => spellVerdict(verifyKept(kept));
const withItem = (kept: Kept, change: Partial<Kept["item"]>): Kept => ({ ...kept, item: { ...kept.item, ...change } });
const withPins = (kept: Kept, change: Partial<Kept["pins"]>): Kept => ({ ...kept, pins: { ...kept.pins, ...change } });
const credential = (more: Parameters<typeof gatewayClaims>[0]) =>
  directory.sign(TYP.gateway, gatewayClaims({ log: { origin: "log.example/countersign", vkey: VKEY }, ...more }));

describe("a row of history, verified on this computer", () => {
  it("is valid when everything signed about it holds, decided or not", () => {
    for (const [kept, outcome] of [
      [executed(), "completed"],
      [denied(), "denied"],
      [expired(), "expired"],
    ] as const) {
      const found = verifyKept(kept);
      expect(found.steps.filter((step) => !step.ok)).toEqual([]);
      expect(found).toMatchObject({ kind: "valid", outcome });
    }
  });

  it("believes the evidence and not the gateway's word for the state", () => {
    expect(verdict(withItem(denied(), { state: "completed" }))).toBe("not_valid state E_BUNDLE");
    expect(verdict(withItem(executed(), { sets: executed().item.sets.slice(0, 0) }))).toMatch(/^not_valid/);
  });

  it("says that a key is no longer in use, and that the signature holds all the same", () => {
    const kept = executed();
    const key = { ...gateway.jwk, kid: gateway.kid, cs_use: ["request" as const] };
    expect(
      verdict(withPins(kept, { gateways: [credential({ jwks: { keys: [{ ...key, verify_until: T0 + 90 }] } })] })),
    ).toBe("valid_retired");
    expect(verdict(withPins(kept, { now: T0 + 91 * 86_400 }))).toBe("valid_retired");
    expect(verdict(withPins(kept, { status: [statusList([0, 0, 1], T0 + 1800)] }))).toBe("valid_retired");
  });

  it("cannot check what is signed by a key that no credential here names, unless the gateway gives the one of its time", () => {
    const kept = executed();
    const other = makePerson("other", {}, "ES256").signer;
    const key = { ...other.jwk, kid: other.kid, cs_use: ["request" as const] };
    const unknown = withPins(kept, { gateways: [credential({ jwks: { keys: [key] } })] });
    expect(verdict(unknown)).toBe("cannot_check request C1-C5 E_GW_KEY");
    expect(verdict(withItem(unknown, { gateway: kept.pins.gateways[0] ?? "" }))).toBe("valid_retired");
    expect(verdict(withItem(kept, { gateway: unknown.pins.gateways[0] ?? "" }))).toBe(
      "not_valid request C1-C5 E_GW_KEY",
    );
    expect(verdict(withPins(kept, { gateways: [] }))).toBe("cannot_check gateway E_GW_CRED");
  });

  it("cannot check without the template it was drawn with", () => {
    expect(verdict(withPins(executed(), { templates: [] }))).toMatch(/^cannot_check .*E_DSP_TEMPLATE$/);
  });

  it("waits for the log as long as the gateway promised, and no longer", () => {
    const kept = withItem(denied(), { proofs: [], entries: [] });
    expect(verdict(withPins(kept, { now: T0 + 62 + 60 }))).toBe("cannot_check log E_LOG_PENDING");
    expect(verdict(kept)).toBe("not_valid log E_LOG_PENDING");
  });

  it("sees another log of the same size than the one that this computer pinned", () => {
    const [kept, fork] = [denied(), denied()];
    const pinned = parseTlogProof(fork.item.proofs[0] ?? "").checkpoint;
    expect(verdict(withPins(kept, { pinned }))).toBe("not_valid log pinned E_LOG_FORK");
  });

  it("tells the checkpoints of its proofs, for the comparison with every other size", () => {
    const kept = executed();
    expect(verifyKept(kept).checkpoints).toEqual([kept.pins.pinned]);
  });

  it("holds a request that was forwarded: withdrawn from some, superseded for all", () => {
    const request = signRequest(makeRequest());
    const sets = [
      event("request-superseded", request, { by_rev: 2 }, T0 + 30),
      event("request-withdrawn", request, { by: "x", reason: "forwarded" }, T0 + 30),
    ];
    const kept = makeItem({ people: [], request, decisions: [], events: sets.slice(0, 1) }, "superseded");
    expect(verdict(withItem(kept, { sets }))).toBe("valid");
  });

  it("takes both words for a quorum whose approvals may have lapsed without anybody's word, and for no other", () => {
    const partial = (window?: number) => {
      const request = signRequest(
        makeRequest((r) => {
          r.policy = { ...r.policy, quorum: { need: 2, ...(window === undefined ? {} : { window }) } };
        }),
      );
      return makeItem({ people: [LEE, KIM], request, decisions: [decide(LEE, request)] }, "partial");
    };
    expect(verdict(partial())).toBe("valid");
    expect(verdict(withItem(partial(300), { state: "open" }))).toBe("valid");
    expect(verdict(withItem(partial(), { state: "open" }))).toBe("not_valid state E_BUNDLE");
  });

  it("cannot check one decision of a blind quorum that is open, because the others are not here", () => {
    const request = signRequest(
      makeRequest((r) => {
        r.policy = { ...r.policy, quorum: { need: 3, blind: true } };
      }),
    );
    const both = makeItem(
      { people: [LEE, KIM], request, decisions: [decide(LEE, request), decide(KIM, request)] },
      "partial",
    );
    const { decisions, receipts } = both.item;
    const mine = {
      decisions: decisions.filter((jws) => jws !== null).slice(1),
      receipts: receipts.slice(1),
      proofs: [],
      entries: [],
    };
    expect(verdict(withItem(both, mine))).toBe("cannot_check receipts/0 outcome E_RCT_MISMATCH");
    expect(verdict(withItem(both, { ...mine, state: "denied" }))).toMatch(/^not_valid/);
  });

  it("checks receipts, decisions, events and log by the digest of a request that was withheld", () => {
    for (const [kept, hidden] of [
      [executed(), []],
      [executed(), [0]],
      [denied(), [0]],
      [expired(), []],
    ] as const) {
      const found = verifyKept(withheld(kept, hidden));
      expect(found.steps.filter((step) => !step.ok)).toEqual([]);
      expect(found).toMatchObject({ kind: "valid", outcome: kept.item.state });
      expect(found.steps).toContainEqual({ step: "request", ok: true, skipped: "withheld" });
    }
  });

  it("takes nothing that was withheld for granted: each part still names the others", () => {
    const { item, pins } = withheld(executed(), []);
    const other = withheld(denied(), []).item;
    const said = (change: Partial<typeof item>) => spellVerdict(verifyKept({ pins, item: { ...item, ...change } }));
    expect(said({ withheld: other.withheld })).toBe("not_valid decisions/0 V11 E_REQ_DIGEST");
    expect(said({ rev: 2 })).toBe("not_valid receipts/0 E_RCT_MISMATCH");
    expect(said({ state: "denied" })).toBe("not_valid state E_BUNDLE");
    expect(said({ receipts: item.receipts.toReversed() })).toMatch(/^not_valid receipts\/0 answers/);
    expect(said({ entries: other.entries, proofs: other.proofs })).toMatch(/^not_valid log/);
    expect(said({ sets: item.sets.slice(1) })).toBe("not_valid outcome E_BUNDLE");
    expect(said({ withheld: undefined })).toMatch(/^not_valid item/);
  });

  it("never calls valid what it could not read", () => {
    for (const item of [null, "x", {}, { ...denied().item, receipts: [] }, { ...denied().item, request: "a.b" }]) {
      expect(spellVerdict(verifyKept({ ...denied(), item: item as never }))).toMatch(/^not_valid item/);
    }
  });

  it("names the acceptance step that an approved request should not have passed", () => {
    const request = signRequest(
      makeRequest((r) => {
        r.authorization_details = [...r.authorization_details, { type: `${RAR.fhirOp}x`, id: "a9" }];
      }),
    );
    const kept = makeItem({ people: [LEE], request, decisions: [decide(LEE, request)] }, "approved");
    expect(verdict(kept)).toBe("not_valid request C13 E_DSP_UNINSPECTABLE");
  });
});

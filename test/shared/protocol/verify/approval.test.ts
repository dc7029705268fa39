import { describe, expect, it } from "vitest";

import { jdig } from "#shared/protocol/digest.ts";
import { ACR } from "#shared/protocol/names.ts";

import { caseOfLee, requestWith } from "../fixture/case.ts";
import { decide, deny, spell, worldOf, type Draft } from "../fixture/decision.ts";
import { crypto, makePerson, makeRequest, signRequest, T0 } from "../fixture/hospital.ts";

const { lee, request, judge, NOW } = caseOfLee();

describe("V19–V26: what an approval must hold, and a denial need not", () => {
  it.each<[string, (c: Draft) => void]>([
    ["E_AUZ_EMPTY", (c) => (c.granted = [])],
    ["E_AUZ_DUP", (c) => (c.granted = [...(c.granted ?? []), ...(c.granted ?? [])])],
    ["E_AUZ_WIDER", (c) => (c.granted = (c.granted ?? []).map((g) => ({ ...g, patient: "Patient/other" })))],
    ["E_AUZ_INCOMPLETE", (c) => (c.granted = (c.granted ?? []).slice(1))],
    ["E_AUZ_LIFETIME", (c) => (c.grant_exp = T0 + 1201)],
    ["E_AUZ_LIFETIME", (c) => (c.grant_exp = c.iat)],
    ["E_DSP_TEMPLATE", (c) => (c.shown = c.shown && { ...c.shown, tpl_dig: c.req_dig })],
    ["E_DSP_VIEW", (c) => (c.shown = c.shown && { ...c.shown, lang: "de" })],
    ["E_DSP_INCOMPLETE", (c) => (c.shown = c.shown && { ...c.shown, complete: false })],
    ["E_ACK_MISSING", (c) => (c.ack = [])],
    ["E_UV_ACR", (c) => (c.acr = ACR[0])],
    ["E_UV_ACR", (c) => (c.acr = "urn:countersign:acr:future")],
    ["E_UV_STALE", (c) => (c.auth_time = c.iat - 121)],
    ["E_UV_STALE", (c) => (c.auth_time = c.iat + 1)],
    ["E_UV_PROOF", (c) => (c.acr = ACR[2])],
    ["E_DWELL", (c) => (c.dwell = { ms: 3999, n: 1 })],
    ["E_DWELL", (c) => delete c.dwell],
    ["E_POL_EMERGENCY", (c) => (c.emg = { code: "arrest", text: "no time to ask" })],
  ])("%s", (code, change) => {
    expect(judge(change)).toBe(code);
  });

  it("E_ACK_MISSING: a fact that must be overridden, and a value that must be typed again", () => {
    const asked = signRequest(
      makeRequest((r) => {
        r.facts = [{ id: "f9", src: "ehr", sev: "high", code: "conflict", text: "28 kg", ack: false, override: true }];
        r.policy = { ...r.policy, reentry: ["identity"] };
      }),
    );
    const reentry = ["identity"];
    expect(judge((c) => (c.reentry = reentry), { asked })).toBe("E_ACK_MISSING");
    const override = (code: string, text?: string) => (c: Draft) => {
      c.reentry = reentry;
      c.overrides = [{ fact: "f9", code, ...(text === undefined ? {} : { text }) }];
    };
    expect(judge(override("other"), { asked })).toBe("E_ACK_MISSING");
    expect(judge(override("made-up"), { asked })).toBe("E_ACK_MISSING");
    expect(judge((c) => (override("will-monitor")(c), delete c.reentry), { asked })).toBe("E_ACK_MISSING");
    expect(judge(override("will-monitor"), { asked })).toBe("recorded:approved");
    expect(judge(override("other", "weighed again"), { asked })).toBe("recorded:approved");
  });

  it("E_KEY_CLASS: a key kept in other storage than the policy wants", () => {
    expect(judge(undefined, { asked: requestWith({ key_storage: ["hardware"] }) })).toBe("E_KEY_CLASS");
  });

  it("E_UV_ACR: a denial needs a known level, and no more", () => {
    expect(judge((c) => (deny(c), (c.acr = "urn:countersign:acr:future")))).toBe("E_UV_ACR");
    expect(judge((c) => (deny(c), (c.acr = ACR[0]), (c.auth_time = T0 - 9999), delete c.ack, delete c.dwell))).toBe(
      "recorded:denied",
    );
  });

  it("E_CONSUMED: a request whose nonce was used up by another", () => {
    const other = signRequest(makeRequest((r) => (r.nonce = request.claims.nonce)));
    const kim = makePerson("kim");
    const world = worldOf([lee, kim], [request, other]);
    expect(spell(world.submit(decide(lee, request).jws, NOW))).toBe("recorded:approved");
    expect(spell(world.submit(decide(kim, other).jws, NOW))).toBe("E_CONSUMED");
  });
});

it("a rejection uses its name up: the same decision again gets the same answer", () => {
  const world = worldOf([lee], [request]);
  const { jws } = decide(lee, request, (c) => (c.ack = []));
  expect(world.submit(jws, NOW)).toMatchObject({ kind: "reject", outcome: "open" });
  expect(world.submit(jws, NOW)).toMatchObject({ kind: "duplicate", receipt: "open" });
});

it("effect: what recording an approval changes is said whole", () => {
  const approval = decide(lee, request, (c) => (c.grant_exp = T0 + 700));
  const verdict = worldOf([lee], [request]).submit(approval.jws, NOW);
  expect(verdict).toMatchObject({
    kind: "record",
    digest: jdig(crypto, approval.jws),
    effect: {
      from: ["open", "partial"],
      state: "approved",
      quorum: { have: 1, need: 1 },
      chain: { n: 1, prev: approval.dig },
      consumesNonce: true,
      ends: [],
      grant: { until: T0 + 700 },
    },
  });
});

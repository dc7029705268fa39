import { describe, expect, it } from "vitest";

import { chainGenesis } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import type { DirectoryEntry, VerificationState } from "#shared/protocol/verify/state.ts";
import { verifyStatement } from "#shared/protocol/verify/statement.ts";

import { crypto, ISS, makePerson, T0, uuid } from "../fixture/hospital.ts";

const lee = makePerson("lee");
const state = (entry: DirectoryEntry = lee.entry, more: Partial<VerificationState> = {}): VerificationState => ({
  crypto,
  iss: ISS,
  now: T0 + 10,
  directoryEntry: (kid) => (kid === entry.kid ? entry : undefined),
  answer: () => undefined,
  currentRequest: () => undefined,
  decisions: () => [],
  chainHead: () => undefined,
  template: () => undefined,
  nonceConsumed: () => false,
  ...more,
});
const claims = (more: object = {}) => ({
  ver: 1,
  iss: lee.entry.device,
  sub: lee.entry.sub,
  aud: ISS,
  iat: T0,
  exp: T0 + 300,
  jti: uuid(),
  kind: "forward",
  target: { rid: uuid(), rev: 1 },
  args: { to: "cardiology", note: "yours" },
  ...more,
});
const sign = (more?: object) => lee.signer.sign(TYP.statement, claims(more));
const codeOf = (jws: string, at = state()) => {
  const verdict = verifyStatement(jws, at);
  return verdict.kind === "error" ? verdict.code : verdict.kind;
};

describe("a statement", () => {
  it("is verified like a decision, as far as its author and times go", () => {
    expect(verifyStatement(sign(), state())).toMatchObject({
      kind: "record",
      statement: "forward",
      kid: lee.entry.kid,
    });
  });
  it.each([
    ["E_STM_KIND", { kind: "approve" }],
    ["E_CLM_AUD", { aud: "https://other.example" }],
    ["E_KEY_SUBJECT", { sub: "https://directory.example/approvers/other" }],
    ["E_KEY_DEVICE", { iss: "https://directory.example/devices/other" }],
    ["E_CLM_LIFETIME", { exp: T0 + 301 }],
    ["E_CLM_FUTURE", { iat: T0 + 71, exp: T0 + 100 }],
    ["E_CLM_EXPIRED", { iat: T0 - 300, exp: T0 - 51 }],
    ["E_CLM_SHAPE", { target: "rid" }],
    ["E_CLM_VERSION", { ver: 2 }],
  ])("%s", (code, more) => {
    expect(codeOf(sign(more))).toBe(code);
  });
  it("E_KEY_SUSPENDED: a stopped key says nothing", () => {
    expect(codeOf(sign(), state({ ...lee.entry, status: "suspended" }))).toBe("E_KEY_SUSPENDED");
  });
  it("E_KEY_DEVICE: brought by another key's session", () => {
    expect(codeOf(sign(), state(lee.entry, { session: { kid: "other" } }))).toBe("E_KEY_DEVICE");
  });
  it("gets its stored answer again, and E_JTI_REUSE for another under its name", () => {
    const jws = sign();
    const first = verifyStatement(jws, state());
    const dig = first.kind === "record" ? first.digest : "";
    expect(codeOf(jws, state(lee.entry, { answer: () => ({ dig, receipt: "r" }) }))).toBe("duplicate");
    const other = { dig: chainGenesis(crypto, "a", "b"), receipt: "r" };
    expect(codeOf(jws, state(lee.entry, { answer: () => other }))).toBe("E_JTI_REUSE");
  });
  it("E_SIG_TYP: a decision is no statement", () => {
    expect(codeOf(lee.signer.sign(TYP.decision, claims()))).toBe("E_SIG_TYP");
  });
});

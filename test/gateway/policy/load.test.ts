import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { SHIPPED, shippedText } from "../../../scripts/policy-set.mjs";
import { checkPolicies, loadPolicies, SHIPPED_FILES } from "../../../gateway/policy/cedar/load.ts";
import { faultText } from "../../../gateway/policy/cedar/place.ts";
import { edited, options, withFigures, withPolicies } from "./fixtures.ts";

function faultsOf(files: Parameters<typeof checkPolicies>[0]): readonly string[] {
  const read = checkPolicies(files, options);
  return "faults" in read ? read.faults.map(faultText) : [];
}

/** Figures and lists alone: a small set is read faster. */
const figures = { "policy.json": SHIPPED_FILES["policy.json"] ?? "" };
const permit = (annotations: string, rest = 'permit (principal, action in Action::"change", resource);'): string =>
  `// é, a comment of two bytes a letter\n${annotations}\n${rest}\n`;
const asks =
  '@id("own") @says("Own.") @verdict("ask") @tier("high") @pools("p") @reversible("reversible")\n@template("urn:countersign:tpl:generic")';

describe("a policy set", () => {
  it("as it is shipped is good, and the file that is bundled is the folder", () => {
    expect(faultsOf(SHIPPED_FILES)).toEqual([]);
    expect(readFileSync(SHIPPED, "utf8") === shippedText(), "run node scripts/policy-set.mjs").toBe(true);
  });

  it.each([
    [
      "a text that is not Cedar",
      permit(asks, "permit (principal,, resource);"),
      /^own\.cedar:4:19: Unexpected token `,`/,
    ],
    [
      "an unknown attribute",
      permit(asks, 'permit (principal, action in Action::"change", resource)\nwhen { resource.typ == "X" };'),
      /^own\.cedar:5:8: Policy "own": Attribute `typ` on entity type `Resource` not found\. Did you mean `type`\?/,
    ],
    [
      "an unknown action",
      permit(asks, 'permit (principal, action == Action::"order.crate", resource);'),
      /^own\.cedar:4:\d+: Policy "own": Unrecognized action .* Did you mean/,
    ],
    [
      "an optional attribute that is not asked for first",
      permit(asks, 'permit (principal, action, resource) when { principal.environment == "x" };'),
      /^own\.cedar:4:\d+: Policy "own": Unable to guarantee safety of access to optional attribute `environment`/,
    ],
    [
      "a policy that never holds",
      permit(asks, "permit (principal, action, resource) when { false };"),
      /^own\.cedar:2:1: Policy "own": Policy is impossible/,
    ],
    ["no id", permit('@says("Own.")'), /^own\.cedar:2:1: The policy has no @id\. An id has small letters/],
    ["an id that is none", permit('@id("Own Policy")'), /^own\.cedar:2:1: "Own Policy" cannot be the id/],
    ["nothing said", permit('@id("own") @verdict("allow")'), /^own\.cedar:2:1: Policy "own": The policy does not say/],
    [
      "no verdict",
      permit('@id("own")\n@says("Own.")'),
      /^own\.cedar:2:1: Policy "own": The policy has no @verdict\. Choose one of: allow, ask, otherwise, raise\./,
    ],
    [
      "an unknown tier",
      permit(asks.replace("high", "huge")),
      /^own\.cedar:2:42: Policy "own": @tier is "huge", which is none of its values\. Choose one of: low, moderate, high, critical\./,
    ],
    [
      "an annotation that is none",
      permit(`${asks} @teir("high")`),
      /^own\.cedar:3:42: Policy "own": @teir is not an annotation of a permit\. There are: id, says, verdict/,
    ],
    [
      "obligations of a forbid",
      permit('@id("own") @says("No.") @tier("high")', "forbid (principal, action, resource);"),
      /^own\.cedar:2:25: Policy "own": @tier is not an annotation of a forbid\. A forbid takes none of them\./,
    ],
    [
      "nobody to ask",
      permit(asks.replace('@pools("p") ', "")),
      /^own\.cedar:2:1: Policy "own": The policy asks, and names nobody to ask\. Add @pools/,
    ],
    [
      "a template that is not there",
      permit(asks.replace("tpl:generic", "tpl:none")),
      /^own\.cedar:3:1: Policy "own" names a template that is not there: urn:countersign:tpl:none\. There are: /,
    ],
    [
      "a reason that is not in the list",
      permit(`${asks} @reasons("because-i-say-so")`),
      /^own\.cedar:3:42: Policy "own": @reasons is "because-i-say-so"/,
    ],
    ["a figure that is none", permit(`${asks} @need("two")`), /^own\.cedar:3:42: Policy "own": @need cannot be used: /],
    ["an offline approval", permit(`${asks} @offline("true")`), /@offline is not an annotation/],
    [
      "a find that the gateway never makes",
      permit(
        asks,
        'permit (principal, action in Action::"change", resource) when { context.finds.contains("alergy-edit") };',
      ),
      /^own\.cedar:2:1: Policy "own": "alergy-edit" is never in finds, so the policy never applies\. There are: /,
    ],
    [
      "a list that is not there",
      permit(
        asks,
        'permit (principal, action in Action::"change", resource) when { resource.medicines.contains("controled") };',
      ),
      /"controled" is never in medicines.* There are: controlled, high-alert\./,
    ],
    [
      "a kind that is none",
      permit(
        asks,
        'permit (principal, action in Action::"change", resource) when { ["updates"].contains(context.kind) };',
      ),
      /"updates" is never in kind/,
    ],
    ["a policy with slots", permit(asks, "permit (principal == ?principal, action, resource);"), /slots/],
  ])("with %s is refused with its place and what to do", (_what, text, said) => {
    const faults = faultsOf(withPolicies(text, figures));
    expect(faults).toEqual(expect.arrayContaining([expect.stringMatching(said)]));
    expect(() => loadPolicies(withPolicies(text, figures), options)).toThrow(
      expect.objectContaining({ code: "E_POL_SET" }),
    );
  });

  it.each([
    ["a member that is none", withFigures(() => ({ extra: 1 })), /^policy\.json:1:1: It: Unrecognized key/],
    ["a version that is none", withFigures(() => ({ ver: 0 })), /^policy\.json:\d+:3: ver: /],
    [
      "a tier that asks less than one below it",
      withFigures(({ tiers }) => ({
        tiers: {
          ...tiers,
          critical: { ...tiers["critical"], need: 1, hold_s: 5 },
          high: { ...tiers["high"], need: 2 },
        },
      })),
      /^policy\.json:\d+:\d+: tiers\.critical: asks less than high in hold_s, need\./,
    ],
    ["no figures", { "own.cedar": permit(asks) }, /^policy\.json:1:1: The set has no policy\.json\. It holds/],
    ["figures that are not JSON", { "policy.json": "{,}" }, /^policy\.json:1:1: It is not JSON that can be used/],
    [
      "a file name that cannot be signed",
      { ...figures, "my own.cedar": permit(asks) },
      /^my own\.cedar:1:1: The file has/,
    ],
    [
      "no policy",
      { "policy.json": SHIPPED_FILES["policy.json"] ?? "" },
      /^policy\.json:1:1: The set holds no policy\. Put/,
    ],
    [
      "two policies of one id",
      edited((text) => text.replace('@id("referral")', '@id("deletion")')),
      /^record\.cedar:\d+:1: Two policies have the id "deletion"\. The other one is at orders\.cedar:/,
    ],
  ])("with %s is refused", (_what, files, said) => {
    expect(faultsOf(files)).toEqual(expect.arrayContaining([expect.stringMatching(said)]));
  });

  it("names every fault, and the first one where it is refused", () => {
    const files = withPolicies(permit('@id("one")') + permit('@id("two")'), figures);
    expect(faultsOf(files)).toHaveLength(2);
    expect(() => loadPolicies(files, options)).toThrow(
      /^own\.cedar:2:1: Policy "one".* And 1 more: countersign policy check names them all\.$/,
    );
  });
});

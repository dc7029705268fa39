import { describe, expect, test } from "vitest";

import { contrastRatio } from "../../../renderer/ui/theme/contrast.ts";
import { TOKENS } from "../../../renderer/ui/theme/tokens.ts";
import type { Scheme, Tokens } from "../../../renderer/ui/theme/tokens.ts";

type Pair = readonly [keyof Tokens, keyof Tokens];

const TEXT: readonly Pair[] = [
  ["text", "page"],
  ["text", "panel"],
  ["text", "hover"],
  ["muted", "page"],
  ["muted", "panel"],
  ["muted", "hover"],
  ["primary", "page"],
  ["primary", "panel"],
  ["onPrimary", "primary"],
  ["onPrimary", "primaryHover"],
  ["deny", "page"],
  ["deny", "denyHover"],
  ["claimText", "claimBack"],
  ["bannerText", "bannerBack"],
  ["bannerLabel", "bannerBack"],
  ["deceasedText", "deceasedBack"],
  ["deceasedText", "deceasedHatch"],
  ["addedText", "addedBack"],
  ["removedText", "removedBack"],
  ["changedText", "changedBack"],
  ["stopText", "stopBack"],
  ["alertText", "alertBack"],
  ["infoText", "infoBack"],
  ["tokenText", "tokenBack"],
];
const SHAPES: readonly Pair[] = [
  ["edge", "page"],
  ["edge", "panel"],
  ["focus", "page"],
  ["focus", "panel"],
  ["claimEdge", "claimBack"],
  ["alertEdge", "alertBack"],
  ["alertEdge", "page"],
  ["amber", "page"],
  ["amber", "panel"],
];
const SCHEMES: readonly Scheme[] = ["light", "dark", "high-contrast"];

describe.each(SCHEMES)("%s scheme", (scheme) => {
  test.each(TEXT)("text: %s on %s has at least 4.5:1, and 7:1 in high contrast (WCAG 1.4.3, 1.4.6)", (front, back) => {
    const least = scheme === "high-contrast" ? 7 : 4.5;
    expect(contrastRatio(TOKENS[scheme][front], TOKENS[scheme][back])).toBeGreaterThanOrEqual(least);
  });

  test.each(SHAPES)("shape: %s on %s has at least 3:1 (WCAG 1.4.11)", (front, back) => {
    expect(contrastRatio(TOKENS[scheme][front], TOKENS[scheme][back])).toBeGreaterThanOrEqual(3);
  });
});

test("the published figures of approval-experience.md 12 come out of the formula", () => {
  expect(contrastRatio("#16202a", "#ffffff")).toBeCloseTo(16.48, 1);
  expect(contrastRatio("#3d2f00", "#fff6dd")).toBeCloseTo(12.14, 1);
  expect(contrastRatio("#ffffff", "#0b5cab")).toBeCloseTo(6.7, 1);
});

import { SHIPPED_FILES, type PolicyFiles } from "../gateway/index.ts";

type Figures = { readonly tiers: Readonly<Record<string, object>> } & Readonly<Record<string, unknown>>;

/** The shipped policy with other figures, and without budgets: one person asks and answers the whole day here. */
function withFigures(change: (figures: Figures) => object): PolicyFiles {
  const { budgets: _budgets, ...figures } = JSON.parse(SHIPPED_FILES["policy.json"] ?? "") as Figures;
  return { ...SHIPPED_FILES, "policy.json": JSON.stringify({ ...figures, ...change(figures) }, undefined, 2) };
}

const home = ["Organization/northgate"];

/** The shipped policy, told which organisations belong to this hospital. */
export const hospitalPolicy: PolicyFiles = withFigures(() => ({ home }));

/**
 * The same for the demonstration, before which one person sits: it has nobody to be the second approver whom the shipped
 * policy asks for where the risk is critical.
 */
export const demoPolicy: PolicyFiles = withFigures(({ tiers }) => ({
  home,
  tiers: { ...tiers, critical: { ...tiers["critical"], need: 1, blind: false } },
}));

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

/** The order that the demonstration's policy wants two people for. */
export const TWO_PEOPLE = { system: "http://www.nlm.nih.gov/research/umls/rxnorm", code: "855332" } as const;

/**
 * The same for the demonstration. Where the risk is critical the shipped policy asks for two people; the one who sits before
 * the demonstration would wait for the second each time, so only one order does here (colleague.ts).
 */
export const demoPolicy: PolicyFiles = {
  ...withFigures(({ tiers }) => ({
    home,
    tiers: { ...tiers, critical: { ...tiers["critical"], need: 1, blind: false } },
  })),
  "two-people.cedar": `@id("two-people")
@says("Two people decide about this anticoagulant.")
@verdict("raise")
@tier("critical")
@need("2")
@blind("true")
permit (principal, action == Action::"order.create", resource)
when { resource.codes.contains("${TWO_PEOPLE.system}|${TWO_PEOPLE.code}") };
`,
};

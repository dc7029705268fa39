import defaultTable from "../gateway/policy/default-table.json" with { type: "json" };

const { tiers } = defaultTable;

/** The order that the demonstration's policy wants two people for. */
export const TWO_PEOPLE = { system: "http://www.nlm.nih.gov/research/umls/rxnorm", code: "855332" } as const;

/**
 * The built-in policy, told which organisations belong to this hospital. It asks for two people wherever the risk is
 * critical; the one who sits before the demonstration would wait for the second each time, so only one order does here.
 */
export const policyTable: unknown = {
  ...defaultTable,
  tiers: { ...tiers, critical: { ...tiers.critical, need: 1, blind: false } },
  rules: [
    {
      id: "two-people",
      when: { actions: ["order.create"], resources: ["MedicationRequest"], codes: [TWO_PEOPLE] },
      then: {
        ...{ verdict: "ask", pools: ["clinicians"], risk: "critical", reversible: "until-dispensed" },
        ...{ template: "urn:countersign:tpl:medication-order", reasons: [], friction: { need: 2, blind: true } },
      },
    },
    ...defaultTable.rules,
  ],
  home: ["Organization/northgate"],
};

import defaultTable from "../gateway/policy/default-table.json" with { type: "json" };

const { tiers } = defaultTable;

/**
 * The built-in policy, told which organisations belong to this hospital. One person sits before the demonstration: it has
 * nobody to be the second approver whom the built-in policy asks for where the risk is critical.
 */
export const policyTable: unknown = {
  ...defaultTable,
  tiers: { ...tiers, critical: { ...tiers.critical, need: 1, blind: false } },
  home: ["Organization/northgate"],
};

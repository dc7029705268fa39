import { CountersignError } from "#shared/protocol/error.ts";
import type { ReportView } from "#shared/reports/page.ts";
import { REPORT_ROLES, type ReportRole } from "#shared/reports/names.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import type { Asker, ReportRow } from "../store/reports.ts";

/** What a person may see in reports, by the roles of their signed credential (docs/decisions/0012). */
export interface Rights {
  readonly roles: ReadonlySet<ReportRole>;
  readonly asker: Asker;
  readonly view: ReportView;
  /** Request, patient and the signers' words of this row. */
  mayReadClinical(row: Pick<ReportRow, "mine" | "inUnit">): boolean;
  /** Reading times of everybody who decided on this row; one's own are always one's own. */
  maySeeAttention(row: Pick<ReportRow, "inUnit">): boolean;
}

/**
 * SECURITY: the roles and pools of now, from the directory's signed word, not those of when the session began.
 * @throws CountersignError `E_FORBIDDEN` where the key no longer stands
 */
export function rightsOf({ people, now }: Pick<GatewayContext, "people" | "now">, { kid, sub }: Session): Rights {
  const entry = people.entry(kid);
  const stands = entry?.status === "active" && entry.sub === sub && now() <= entry.exp;
  if (!stands) throw new CountersignError("E_FORBIDDEN");
  const roles = new Set(REPORT_ROLES.filter((role) => entry.roles.includes(role)));
  const seesUnits = roles.has("supervisor") || roles.has("reviewer");
  const all = roles.has("auditor");
  const units = seesUnits ? entry.pools : [];
  const mayReadClinical = ({ mine, inUnit }: Pick<ReportRow, "mine" | "inUnit">): boolean => mine || inUnit;
  return {
    roles,
    asker: { sub, units, all },
    view: {
      scope: all ? "all" : seesUnits ? "units" : "own",
      units: [...units],
      clinical: !all,
      attention: all || roles.has("reviewer"),
    },
    mayReadClinical,
    maySeeAttention: ({ inUnit }) => all || (roles.has("reviewer") && inUnit),
  };
}

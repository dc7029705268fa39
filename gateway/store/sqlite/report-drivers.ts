import type { SortKey } from "#shared/reports/names.ts";

import { fragment, type Fragment, type Resolved } from "./report-conditions.ts";

/**
 * The list that a query walks along, in the order that was asked for: the one with the fewest rows that cannot match. It
 * is walked by its own index, so a page costs what it shows, wherever it begins.
 */
export interface Driver {
  /** Table of the list under its alias. */
  readonly table: string;
  /** From the list to `report_rows r`; empty where the list is that. */
  readonly join: string;
  readonly where: Fragment;
  /** Columns of the order. */
  readonly key: string;
  readonly n: string;
}

const NOTHING = "[]";
const only = (ids: string | undefined): number | undefined => {
  const [, one] = /^\[(\d+)\]$/.exec(ids ?? "") ?? [];
  return one === undefined ? undefined : Number(one);
};

const along = (index: string, where: Fragment): Driver => ({
  ...{ table: `report_rows r INDEXED BY ${index}`, join: "", where, key: "r.iat", n: "r.n" },
});

const ofSigner = (signer: number): Driver => ({
  table: "report_decisions l INDEXED BY report_signer",
  join: "CROSS JOIN report_rows r ON r.n = l.n",
  // One row for each request, however often this person decided on it.
  where: fragment(
    `l.signer = ? AND NOT EXISTS
       (SELECT 1 FROM report_decisions e WHERE e.n = l.n AND e.signer = l.signer AND e.place < l.place)`,
    signer,
  ),
  key: "l.iat",
  n: "l.n",
});

export function driverFor(resolved: Resolved, by: SortKey): Driver {
  const { filter, asker, me, text, patient, agents, signers, problems } = resolved;
  if (by === "decided") {
    // What is still open and blind has no place here: the order would tell when others decided.
    const where = fragment("r.decided_at IS NOT NULL AND NOT (r.blind = 1 AND r.state IN ('open', 'partial'))");
    return { ...along("report_decided", where), key: "r.decided_at" };
  }
  if (text?.agents === NOTHING && text.signers === NOTHING) {
    const where = fragment("r.n IN (SELECT value FROM json_each(?))", text.rows);
    return { table: "report_rows r", join: "", where, key: "r.iat", n: "r.n" };
  }
  // One name and nothing else that the text could mean.
  const [namedAgent, namedSigner] = text?.rows === NOTHING ? [only(text.agents), only(text.signers)] : [];
  if (patient) {
    return {
      table: "report_patients l",
      join: "CROSS JOIN report_rows r ON r.n = l.n",
      ...{ where: fragment("l.patient = ?", patient), key: "l.iat", n: "l.n" },
    };
  }
  if (filter.review) return along("report_review", fragment("r.review <> 0"));
  const signer =
    only(signers) ??
    (text?.agents === NOTHING ? namedSigner : undefined) ??
    (!asker.all && asker.units.length === 0 ? me : undefined);
  if (signer !== undefined) return ofSigner(signer);
  if (problems > 0) return along("report_problems", fragment("r.problems <> 0"));
  const agent = only(agents) ?? (text?.signers === NOTHING ? namedAgent : undefined);
  if (agent !== undefined) return along("report_agent", fragment("r.agent = ?", agent));
  return along("report_iat", fragment("1"));
}

import type { DecisionKind, RequestKey } from "#shared/ipc/contract.ts";
import type { RecordRow } from "#shared/ipc/reports.ts";
import { headline } from "#shared/presentation/present.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { gateSigned } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import { historyItem, type HistoryItem } from "#shared/reports/items.ts";

import { DECISION_KINDS } from "../journal/record.ts";
import { referenceOf } from "../requests/rows.ts";

export const TIER = { low: 1, moderate: 1, high: 2, critical: 3 } as const satisfies Record<
  RequestClaims["action"]["risk"],
  1 | 2 | 3
>;

/** Who signed, as the directory's credential says that came with it. */
export interface Signer {
  readonly sub: string;
  readonly name: string;
  readonly reg_no: string;
  readonly role: string;
  readonly key_storage: string;
}

/**
 * One row as the gateway sent it, not checked yet: the person sees at once what is there, and beside it that it is being
 * checked. What cannot be read is empty; its verdict says why.
 */
export function rowOf(iss: string, id: string, value: unknown): RecordRow {
  const item = historyItem.safeParse(value).data;
  if (!item) return { ...EMPTY, id, key: { iss, rid: "" } };
  const { rid, rev, state, review, withheld } = item;
  const { request } = item;
  const claims = request === undefined ? undefined : quietly(() => readStored("request", request));
  const last = lastDecision(item);
  return {
    ...{ id, rev, state, signers: signersOf(item), is_withheld: withheld !== undefined },
    ...erasureOf(item),
    key: { iss, rid } satisfies RequestKey,
    received_at: claims?.iat ?? loggedAt(item) ?? 0,
    decision: last?.kind ?? "none",
    ...(last === undefined ? {} : { decided_at: last.at }),
    ...(claims?.patient === undefined ? {} : { patient_name: claims.patient.name }),
    action_type: claims?.action.type ?? "",
    item: (claims && quietly(() => headline(claims).item)) ?? "",
    ...(claims === undefined ? {} : { tier: TIER[claims.action.risk] }),
    ...(claims === undefined ? {} : { agent: { sub: claims.agent.sub, name: claims.agent.name } }),
    // SECURITY: attention is in the bytes that a supervisor's computer verifies, and is shown to nobody whom the gateway does
    // not let see it (README decision 12, protocol.md 3.20.2).
    ...(item.attention && last?.ms !== undefined ? { active_ms: last.ms } : {}),
    reference: referenceOf(rid),
    ...(review === undefined ? {} : { review }),
  };
}

const erasureOf = ({ withheld }: HistoryItem): Pick<RecordRow, "is_erased" | "erased_at"> => {
  if (withheld?.reason !== "erased") return {};
  return { is_erased: true, ...(withheld.at === undefined ? {} : { erased_at: withheld.at }) };
};

const EMPTY = {
  rev: 1,
  received_at: 0,
  decision: "none",
  state: "open",
  action_type: "",
  item: "",
  signers: [],
  reference: "",
  is_withheld: false,
} as const;

interface Last {
  readonly kind: DecisionKind;
  readonly at: number;
  readonly ms?: number | undefined;
}

/** The last that counted; of one that was withheld the kind is in its receipt's outcome. */
function lastDecision({ decisions, receipts }: HistoryItem): Last | undefined {
  const all = receipts.flatMap((jws, i): Last[] => {
    const receipt = quietly(() => readStored("receipt", jws));
    if (receipt?.result !== "recorded") return [];
    const decision = decisions[i];
    const claims = typeof decision === "string" ? quietly(() => readStored("decision", decision)) : undefined;
    const kind = DECISION_KINDS.find((known) => known === claims?.decision) ?? kindByOutcome(receipt.outcome);
    return [{ kind, at: claims?.iat ?? receipt.iat, ms: claims?.dwell?.ms }];
  });
  return all.at(-1);
}

function kindByOutcome(outcome: string | undefined): DecisionKind {
  if (outcome === "denied") return "deny";
  return outcome === "revoked" ? "revoke" : "approve";
}

function signersOf(item: HistoryItem): RecordRow["signers"] {
  const known = credentialsOf(item);
  const subs = item.receipts.flatMap((jws) => {
    const receipt = quietly(() => readStored("receipt", jws));
    return receipt?.result === "recorded" ? [receipt.sub] : [];
  });
  return [...new Set(subs)].map((sub) => ({
    sub,
    name: [...known.values()].find((one) => one.sub === sub)?.name ?? sub,
  }));
}

/** The signers by their name at the directory. */
export function credentialsOf({ credentials }: Pick<HistoryItem, "credentials">): ReadonlyMap<string, Signer> {
  return new Map(
    credentials.flatMap((jws) => {
      const claims = quietly(() => readStored("approver", jws));
      if (!claims) return [];
      const { sub, name, reg_no = "", roles, key_storage } = claims;
      const signer: Signer = { sub, name: name ?? sub, reg_no, role: roles[0] ?? "", key_storage };
      return [[sub, signer] as const];
    }),
  );
}

/** Of a request that was withheld the log's entry says when it was issued. */
function loggedAt({ entries }: HistoryItem): number | undefined {
  const found = /^\{"v":1,"t":"request","ts":(\d{1,12}),/.exec(entries[0] ?? "");
  return found?.[1] === undefined ? undefined : Number(found[1]);
}

export const kidOf = (jws: string): string => quietly(() => gateSigned("decision", jws).header.kid) ?? "";

import { CountersignError } from "#shared/protocol/error.ts";
import { actionType } from "#shared/protocol/names.ts";
import type { HistoryFilter } from "#shared/reports/filter.ts";
import { ATTENTION_PROBLEMS } from "#shared/reports/names.ts";
import { ReportError } from "#shared/reports/query.ts";

import type { Asker, ReportFilter } from "../store/reports.ts";
import type { Rights } from "./rights.ts";

/** A filter as the store takes it, and who asks: what a filter tells is a part of what may be seen. */
export interface AllowedFilter {
  readonly filter: ReportFilter;
  readonly asker: Asker;
}

/**
 * @throws ReportError `E_FORBIDDEN` for a filter that would tell what the asker may not see, with its place under `at`
 */
export function allowedFilter(rights: Rights, wanted: HistoryFilter, at = "/filter"): AllowedFilter {
  const { types, patient, problems, ...rest } = wanted;
  const { roles } = rights;
  let { asker } = rights;
  const forbid = (member: string, why: string): never => {
    throw new ReportError("E_FORBIDDEN", why, { pointer: `${at}/${member}` });
  };
  if (patient !== undefined && asker.all) {
    if (asker.units.length === 0) forbid("patient", "Auditors do not look for patients.");
    // SECURITY: among rows that are shown without their patient, none is found by one.
    asker = { ...asker, all: false };
  }
  const asksAttention = problems?.some((problem) => ATTENTION_PROBLEMS.has(problem)) === true;
  const isOwn = !asker.all && asker.units.length === 0;
  if (asksAttention && !isOwn && !roles.has("reviewer") && !roles.has("auditor")) {
    forbid("problems", "Reading times and unseen fields of single decisions are for a designated reviewer.");
  }
  return {
    asker,
    filter: {
      ...withoutAbsent(rest),
      ...(types === undefined ? {} : { types: types.map(actionType) }),
      ...(patient === undefined ? {} : { patient }),
      ...(problems === undefined ? {} : { problems }),
      ...(asksAttention && isOwn ? { ownAttention: true } : {}),
    },
  };
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Absent members, not `undefined` ones (exactOptionalPropertyTypes). */
export function withoutAbsent<T extends object>(value: T): Present<T> {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- only entries that are undefined are left out
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Present<T>;
}

/** @throws CountersignError `E_FORBIDDEN` */
export function mustReview({ roles }: Rights): void {
  if (roles.size === 0) throw new CountersignError("E_FORBIDDEN");
}

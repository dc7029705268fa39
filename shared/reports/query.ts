import { z } from "zod";

import { CountersignError } from "../protocol/error.ts";
import { seconds } from "../protocol/claims/primitives.ts";
import type { ErrorCode } from "../protocol/registry.ts";
import {
  agentsFilter,
  detailFilter,
  exportsFilter,
  historyFilter,
  historySort,
  insightsFilter,
  purpose,
  type AgentsFilter,
  type DetailFilter,
  type ExportsFilter,
  type HistoryFilter,
  type HistorySort,
  type InsightsFilter,
  type Purpose,
} from "./filter.ts";
import { PAGE_ROWS, REPORT_NAMES } from "./names.ts";

/** A `report.query` that was understood (protocol.md 3.20). `page` is the `next` of the page before, with the same query. */
export type ReportQuery =
  | {
      readonly name: "history";
      readonly filter: HistoryFilter;
      readonly sort: HistorySort;
      readonly limit: number;
      /** Jump to a date: rows before it (or from it on, oldest first) come first; `total` still counts all. */
      readonly at?: number;
      readonly page?: string;
      readonly purpose?: Purpose;
    }
  | { readonly name: "history-detail"; readonly filter: DetailFilter; readonly purpose?: Purpose }
  | { readonly name: "insights"; readonly filter: InsightsFilter; readonly page?: string; readonly purpose?: Purpose }
  | { readonly name: "agents"; readonly filter: AgentsFilter; readonly page?: string }
  | { readonly name: "exports"; readonly filter: ExportsFilter; readonly page?: string; readonly purpose?: Purpose };
export type ReportQueryOf<N extends ReportQuery["name"]> = Extract<ReportQuery, { name: N }>;

/** What a query was refused for, beside its code: members of the `error` (protocol.md 3.20). */
export interface QueryFault {
  /** RFC 6901 pointer into the body of the query. */
  readonly pointer?: string;
  /** What would fit of a query that finds too much: the same with this `from`. */
  readonly fits?: { readonly from: number; readonly to: number };
}

/** A query that is refused; the message says what to change. */
export class ReportError extends CountersignError {
  readonly fault: QueryFault;

  constructor(code: ErrorCode, message: string, fault: QueryFault) {
    super(code, message);
    this.fault = fault;
  }
}

export const DEFAULT_SORT: HistorySort = { by: "received", order: "newest" };

const limit = z.int().min(1).max(PAGE_ROWS);

/**
 * Reads the body of a `report.query`.
 * @throws ReportError `E_QUERY_FILTER` with the place of what is not understood, `E_QUERY` for an unknown name
 */
export function parseReportQuery(body: Readonly<Record<string, unknown>>): ReportQuery {
  const name = REPORT_NAMES.find((known) => known === body["name"]);
  if (name === undefined) {
    throw new ReportError("E_QUERY", `There is no such report. There are: ${REPORT_NAMES.join(", ")}.`, {
      pointer: "/name",
    });
  }
  const read = <S extends z.ZodType>(schema: S, member: string): z.output<S> => readAt(schema, body[member], member);
  const optional = <S extends z.ZodType, K extends string>(schema: S, member: K): { [P in K]?: z.output<S> } => {
    const out: { [P in K]?: z.output<S> } = {};
    if (body[member] !== undefined) out[member] = read(schema, member);
    return out;
  };
  const paged = optional(z.string().max(256), "page");
  const purposed = optional(purpose, "purpose");
  const filter = body["filter"] ?? {};
  switch (name) {
    case "history":
      return {
        name,
        filter: readAt(historyFilter, filter, "filter"),
        sort: body["sort"] === undefined ? DEFAULT_SORT : read(historySort, "sort"),
        limit: body["limit"] === undefined ? PAGE_ROWS : read(limit, "limit"),
        ...optional(seconds, "at"),
        ...paged,
        ...purposed,
      };
    case "history-detail":
      return { name, filter: readAt(detailFilter, filter, "filter"), ...purposed };
    case "insights":
      return { name, filter: readAt(insightsFilter, filter, "filter"), ...paged, ...purposed };
    case "agents":
      return { name, filter: readAt(agentsFilter, filter, "filter"), ...paged };
    case "exports":
      return { name, filter: readAt(exportsFilter, filter, "filter"), ...paged, ...purposed };
    default:
      return name satisfies never;
  }
}

function readAt<S extends z.ZodType>(schema: S, value: unknown, member: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, why } = deepest(parsed.error.issues);
  const pointer = [member, ...path].map((token) => `/${escaped(token)}`).join("");
  // The place and what is expected there; never the value, which may name a patient.
  throw new ReportError("E_QUERY_FILTER", `${pointer}: ${why}`, { pointer });
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly why: string;
}

/** Of a union the alternative that was understood furthest: that is the one that was meant. */
function deepest(issues: readonly z.core.$ZodIssue[], under: readonly PropertyKey[] = []): Fault {
  let found: Fault | undefined;
  for (const issue of issues) {
    const path = [...under, ...issue.path];
    let fault: Fault = { path, why: issue.message };
    if (issue.code === "unrecognized_keys") fault = { path: [...path, ...issue.keys.slice(0, 1)], why: "is not known" };
    if (issue.code === "invalid_union") {
      for (const inner of issue.errors) {
        // An alternative that knows none of the members was not meant.
        const other = deepest(inner, path);
        if (other.path.length > fault.path.length && !isForeign(inner)) fault = other;
      }
    }
    if (found === undefined || fault.path.length > found.path.length) found = fault;
  }
  return found ?? { path: under, why: "is not understood" };
}

const isForeign = (issues: readonly z.core.$ZodIssue[]): boolean =>
  issues.some((issue) => issue.path.length === 0 && issue.code === "unrecognized_keys") &&
  issues.some((issue) => issue.path.length === 1 && issue.code === "invalid_type");

const escaped = (token: PropertyKey): string => String(token).replaceAll("~", "~0").replaceAll("/", "~1");

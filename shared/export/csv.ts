import { headline } from "#shared/presentation/present.ts";
import { requestWords } from "#shared/protocol/check-words.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { NAMESPACE } from "#shared/protocol/names.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { cellText, csvRecord } from "./cell.ts";
import type { ReadDecision, ReadItem } from "./read-item.ts";
import { COLUMNS, ERASED, NAMES_PATIENT, VERDICTS, WITHHELD, type Column } from "./words.ts";
import type { ExportWriter } from "./writer.ts";

export interface CsvOptions {
  readonly identifiers: boolean;
  /** U+FEFF at the beginning, by which some spreadsheets know UTF-8. */
  readonly bom: boolean;
}

const ALL = Object.keys(COLUMNS).filter((name): name is Column => Object.hasOwn(COLUMNS, name));

/** RFC 4180 in UTF-8: one record for each row of the report, whatever was decided about it. */
export function csvWriter({ identifiers, bom }: CsvOptions): ExportWriter {
  const columns = ALL.filter((column) => identifiers || !NAMES_PATIENT.has(column));
  return {
    leftOut: 0,
    begin: () => [encodeUtf8(`${bom ? "\uFEFF" : ""}${csvRecord(columns.map((column) => COLUMNS[column]))}`)],
    row(read) {
      const cells = cellsOf(read);
      return [encodeUtf8(csvRecord(columns.map((column) => cells[column])))];
    },
    end: () => [],
  };
}

/** A time beyond the calendar, which a gateway may sign, stands there as the number that it is. */
function utc(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  const moment = new Date(seconds * 1000);
  return Number.isNaN(moment.getTime()) ? String(seconds) : moment.toISOString().replace(".000Z", "Z");
}

/** Several decisions stand in one cell, in their order. */
const each = (decisions: readonly ReadDecision[], say: (decision: ReadDecision) => string): string => {
  const said = decisions.map(say);
  return said.every((text) => text === "") ? "" : said.join(" / ");
};

function cellsOf(read: ReadItem): Readonly<Record<Column, string>> {
  const { item, decisions, verdict, digest, logged, checked, erasedAt } = read;
  const hidden = checked === "erased" ? ERASED : WITHHELD;
  return {
    record: item.rid,
    revision: String(item.rev),
    state: item.state,
    decision: each(
      decisions,
      ({ claims, receipt }) => `${claims?.decision ?? hidden}${receipt.result === "rejected" ? " (rejected)" : ""}`,
    ),
    decided: each(decisions, ({ claims, receipt }) => utc(claims?.iat ?? receipt.iat)),
    signer: each(decisions, ({ approver }) => cellText(approver?.name ?? "", "R")),
    signer_id: each(decisions, ({ receipt }) => cellText(receipt.sub, "R")),
    reason: each(decisions, ({ claims }) => cellText(claims?.reason?.code ?? "", "U")),
    note: each(decisions, ({ claims }) => cellText(claims?.reason?.text ?? "", "U")),
    overrides: each(decisions, ({ claims }) =>
      (claims?.overrides ?? []).map(({ code }) => cellText(code, "U")).join(", "),
    ),
    // SECURITY: README decision 12: attention is inside the signed bytes, and not everybody's to read.
    reading: item.attention ? each(decisions, ({ claims }) => readingS(claims?.dwell?.ms)) : "",
    request_digest: digest,
    decision_digest: each(decisions, (decision) => decision.digest),
    check_words: quietly(() => requestWords(digest).join(" ")) ?? "",
    log_index: indexOf(logged.get(digest)?.proof),
    checked: VERDICTS[checked],
    finding: "code" in verdict ? `${verdict.step}: ${sentenceOf(verdict.code)}` : "",
    erased: utc(erasedAt),
    received: utc(read.receivedAt),
    ...requestCells(read.claims, hidden),
  };
}

const readingS = (ms: number | undefined): string => (ms === undefined ? "" : String(ms / 1000));

const indexOf = (proof: string | undefined): string => /^index ([0-9]+)$/m.exec(proof ?? "")?.[1] ?? "";

type RequestColumn =
  | ("due" | "tier" | "kind" | "item" | "patient" | "born" | "patient_ids")
  | ("agent" | "agent_id" | "model" | "agent_words");

function requestCells(claims: RequestClaims | undefined, hidden: string): Readonly<Record<RequestColumn, string>> {
  if (claims === undefined) {
    const none = { due: "", tier: "", agent: "", agent_id: "", model: "", born: "", patient_ids: "" };
    return { ...none, kind: hidden, item: hidden, patient: hidden, agent_words: hidden };
  }
  const { action, agent, patient, rationale } = claims;
  return {
    due: utc(claims.exp),
    tier: cellText(action.risk, "R"),
    kind: cellText(action.type.replace(`${NAMESPACE}action:`, ""), "A"),
    item: cellText(quietly(() => headline(claims).item) ?? "", "A"),
    patient: cellText(patient?.name ?? "", "N"),
    born: cellText(patient?.birthDate ?? "", "R"),
    patient_ids: [patient?.ref, patient?.mrn, ...(patient?.identifiers ?? []).map(({ value }) => value)]
      .flatMap((id) => (id === undefined ? [] : cellText(id, "R")))
      .join(", "),
    agent: cellText(agent.name, "R"),
    agent_id: cellText(agent.sub, "R"),
    model: cellText(agent.model ?? "", "R"),
    agent_words: cellText(rationale?.text ?? "", "C"),
  };
}

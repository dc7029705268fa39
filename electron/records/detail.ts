import type { DecisionKind } from "#shared/ipc/contract.ts";
import type { CheckedStep, RecordDecision, RecordDetail, RecordEvent, RecordStatement } from "#shared/ipc/reports.ts";
import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import { verifyCheckpoint } from "#shared/ledger/note.ts";
import { requestWords } from "#shared/protocol/check-words.ts";
import { EVENT_NAMES } from "#shared/protocol/claims/event.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import type { EvidenceStep } from "#shared/protocol/evidence/steps.ts";
import type { Unanswered } from "#shared/protocol/evidence/verify-own.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import type { StatementCheck } from "#shared/protocol/evidence/verify-statement.ts";
import { openJws } from "#shared/protocol/jws.ts";
import { eventUri } from "#shared/protocol/names.ts";
import { template as templateSchema, type Template } from "#shared/protocol/template.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { DetailItem } from "#shared/reports/items.ts";

import { credentialsOf, kidOf } from "./row.ts";

/** What is drawn of one record; every part only where the step that reads it passed. */
export type Parts = Pick<
  RecordDetail,
  "steps" | "shown" | "signed" | "decisions" | "events" | "log" | "statements" | "erasure"
>;

export function partsOf(
  crypto: Crypto,
  item: DetailItem,
  verdict: ItemVerdict,
  statements: readonly StatementCheck[],
  templateOf: (digest: string) => Template | undefined,
  unanswered: readonly Unanswered[] = [],
): Parts {
  const passed = (step: string): boolean => verdict.steps.some((one) => one.step === step && one.ok && !one.skipped);
  const isRequestRead = passed("request C1-C5");
  const { request } = item;
  const digest = request === undefined ? (item.withheld?.request ?? "") : jdig(crypto, request);
  // SECURITY: what nobody signed is not drawn, whatever the row says.
  const shown = request !== undefined && isRequestRead ? shownOf(item, request, templateOf) : undefined;
  return {
    steps: verdict.steps.map(stepOf),
    ...(shown === undefined ? {} : { shown }),
    signed: {
      digest,
      check_words: quietly(() => requestWords(digest)) ?? [],
      ...(request !== undefined && isRequestRead ? { canonical: openJws(request).payload.text } : {}),
    },
    decisions: [
      ...item.decisions.flatMap((jws, i) =>
        passed(`receipts/${String(i)}`)
          ? (decisionOf(crypto, item, jws, i, passed(`decisions/${String(i)} V1-V8`)) ?? [])
          : [],
      ),
      ...unanswered.flatMap((one, i) =>
        passed(`decisions/${String(item.decisions.length + i)} V1-V8`) ? unansweredOf(crypto, item, one) : [],
      ),
    ],
    events: item.sets.flatMap((jws, i) => (passed(`events/${String(i)}`) ? (eventOf(jws) ?? []) : [])),
    log: item.proofs.flatMap((proof, i) => (passed(`log/${String(i)}`) ? (placeOf(crypto, item, proof, i) ?? []) : [])),
    statements: statements.map(statementOf),
    ...(verdict.erasure === undefined ? {} : { erasure: verdict.erasure }),
  };
}

function stepOf({ step, ok, skipped, code, why }: EvidenceStep): CheckedStep {
  const result = !ok ? "failed" : skipped === undefined ? "passed" : skipped === "denied" ? "not_counted" : "not_run";
  return { step, result, ...(code === undefined ? {} : { code }), ...(why === undefined ? {} : { why }) };
}

function shownOf(
  item: DetailItem,
  request: string,
  templateOf: (digest: string) => Template | undefined,
): RecordDetail["shown"] {
  const claims = readStored("request", request);
  const given = templateSchema.safeParse(item.template).data;
  const template = templateOf(claims.display.tpl_dig) ?? given;
  if (!template) return undefined;
  const lang = item.decisions
    .map((jws) => (jws === null ? undefined : quietly(() => readStored("decision", jws).shown?.lang)))
    .find((found) => found !== undefined);
  return { claims, template, ...(lang === undefined ? {} : { lang }) };
}

function decisionOf(
  crypto: Crypto,
  item: DetailItem,
  jws: string | null,
  place: number,
  isRead: boolean,
): RecordDecision | undefined {
  const receipt = readStored("receipt", item.receipts[place] ?? "");
  const { iat: at, result, code, outcome, quorum, sub, dec_dig: digest = "" } = receipt;
  const signer = credentialsOf(item).get(sub) ?? { sub, name: sub, reg_no: "", role: "", key_storage: "" };
  const answer = {
    ...{ at, result },
    ...(code === undefined ? {} : { code }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(quorum === undefined ? {} : { have: quorum.have, need: quorum.need }),
  };
  const known = { signer, key_storage: signer.key_storage, receipt: answer };
  if (jws === null) {
    // Withheld: what the receipt says of it.
    const kind: DecisionKind = outcome === "denied" ? "deny" : outcome === "revoked" ? "revoke" : "approve";
    return { ...known, kind, at, overrides: [], acr: "", kid: "", digest, chain: 0, reentry: [], ack: [] };
  }
  return isRead ? { ...known, ...saidIn(crypto, item, jws) } : undefined;
}

/** Signed, and never answered: who signed it is in the credential that was kept beside it. */
function unansweredOf(crypto: Crypto, item: DetailItem, { decision, credential, code }: Unanswered): RecordDecision {
  const said = saidIn(crypto, item, decision);
  const { sub } = readStored("decision", decision);
  const known = credentialsOf({ credentials: [credential] }).get(sub);
  const signer = known ?? { sub, name: sub, reg_no: "", role: "", key_storage: "" };
  return { ...said, signer, key_storage: signer.key_storage, undelivered: code };
}

type Said = Omit<RecordDecision, "signer" | "key_storage" | "receipt">;

/** What the decision itself says. */
function saidIn(crypto: Crypto, item: DetailItem, jws: string): Said {
  const claims = readStored("decision", jws);
  const { dwell, granted, reason, overrides = [], reentry = [], ack = [], shown } = claims;
  return {
    kind: claims.decision === "deny" ? "deny" : claims.decision === "revoke" ? "revoke" : "approve",
    at: claims.iat,
    ...(reason === undefined
      ? {}
      : { reason: { code: reason.code, ...(reason.text === undefined ? {} : { text: reason.text }) } }),
    overrides: overrides.map(({ fact, code: why, text }) => ({
      fact,
      code: why,
      ...(text === undefined ? {} : { text }),
    })),
    ...(granted === undefined ? {} : { granted: granted.map(({ id }) => id) }),
    ...{ acr: claims.acr, kid: kidOf(jws), digest: jdig(crypto, jws), chain: claims.chain.n, reentry, ack },
    // SECURITY: README decision 12: who may see it is decided by the gateway, for each row.
    ...(item.attention && dwell !== undefined
      ? {
          attention: {
            ...{ ms: dwell.ms, fields: dwell.n },
            ...(dwell.opened_at === undefined ? {} : { opened_at: dwell.opened_at }),
            ...(shown === undefined ? {} : { complete: shown.complete }),
          },
        }
      : {}),
  };
}

function eventOf(jws: string): RecordEvent | undefined {
  const { events, iat: at } = readStored("event", jws);
  const [first] = Object.entries(events);
  if (!first) return undefined;
  const [uri, members] = first;
  const name = EVENT_NAMES.find((known) => eventUri(known) === uri);
  if (name === undefined) return undefined;
  const text = (member: string) => {
    const value = members[member];
    return typeof value === "string" ? { [member]: value } : {};
  };
  return { name, at, ...text("by"), ...text("reason"), ...text("outcome"), ...text("resource"), ...text("code") };
}

function placeOf(crypto: Crypto, { vkey, entries }: DetailItem, proof: string, place: number) {
  return quietly(() => {
    const { index, checkpoint } = parseTlogProof(proof);
    const what = /^\{"v":1,"t":"([a-z-]+)"/.exec(entries[place] ?? "")?.[1] ?? "";
    return { what, index, size: verifyCheckpoint(crypto, checkpoint, vkey).size };
  });
}

function statementOf(check: StatementCheck): RecordStatement {
  if (!check.ok) return { kind: "", at: 0, by: "", signature: "not_valid", code: check.code };
  const { claims, name, at } = check;
  const { reason } = claims;
  return {
    ...{ kind: claims.kind, at, by: name, signature: "valid" },
    ...(reason === undefined
      ? {}
      : { reason: { code: reason.code, ...(reason.text === undefined ? {} : { text: reason.text }) } }),
  };
}

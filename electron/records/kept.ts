import type { RecordDetail, Unasked } from "#shared/ipc/reports.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { EvidencePins } from "#shared/protocol/evidence/item.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import type { Unanswered } from "#shared/protocol/evidence/verify-own.ts";
import { isErrorCode } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { DetailItem } from "#shared/reports/items.ts";

import type { Clock } from "../clock.ts";
import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import type { Evidence, Journal } from "../journal/journal.ts";
import type { Memory } from "../journal/memory.ts";
import type { LogWatch } from "../requests/log-watch.ts";
import { partsOf } from "./detail.ts";
import { rowOf } from "./row.ts";
import { rowVerdict } from "./settle.ts";
import type { Verifier } from "./verifier.ts";

const KEY_LETTERS = 8;

export interface KeptParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly iss: string;
  /** Whose journal it is. */
  readonly sub: string;
  readonly link: Pick<Link, "gateway">;
  readonly directory: PinnedDirectory;
  readonly journal: Journal;
  readonly memory: Pick<Memory, "checkpoint">;
  readonly logWatch: Pick<LogWatch, "alarm">;
  readonly verifier: Verifier;
  readonly nowS: () => number;
  readonly templateOf: (digest: string) => Template | undefined;
  readonly statusLists: () => readonly string[];
}

/**
 * A decision of one's own with its evidence, from this computer alone (approval-experience.md S10 without a gateway): what was
 * shown, what was signed, what was answered and what was heard since, checked by the steps that need nobody else.
 * @throws CountersignError `E_CLI_NOT_FOUND`, `E_CLI_JOURNAL` where it was changed on the disk, `E_AUTH_CRED` where it is another
 * person's, `E_CLI_VERIFIER`
 */
export async function openKept(parts: KeptParts, decDig: string): Promise<RecordDetail> {
  const { crypto, clock, iss, verifier, templateOf } = parts;
  const all = await evidenceOf(parts, decDig);
  // SECURITY: as in the list: what is in a person's journal and is somebody else's is shown to nobody as theirs.
  const isMine = all.every((one) => quietly(() => readStored("decision", one.decision.decision).sub) === parts.sub);
  if (!isMine) throw new CountersignError("E_AUTH_CRED");
  const { item, unanswered } = itemOf(all);
  // The gateway's credential that names every key is looked for among those that are known: what came later may be signed
  // with a newer key than the decision's own credential names.
  const { gateway: _, ...judged } = item;
  const output = await verifier.check({ items: [judged], pins: pinsOf(parts, all), own: [unanswered] });
  const [verdict] = output.verdicts;
  if (!verdict) throw new CountersignError("E_CLI_VERIFIER");
  const row = rowOf(iss, decDig, item);
  const last = all.at(-1)?.decision;
  const alarm = parts.logWatch.alarm();
  return {
    row: { ...row, ...(last === undefined ? {} : { decision: last.kind, decided_at: last.at }), ...stateOf(verdict) },
    verdict: rowVerdict(decDig, verdict),
    ...partsOf(crypto, item, verdict, [], templateOf, unanswered),
    ...{ actions: [], revs: [item.rev], checked_at: Math.floor(clock.nowMs() / 1000), key: keyName(item.gateway) },
    unasked: unaskedOf(item, verdict, unanswered),
    ...(alarm === undefined ? {} : { alarm }),
  };
}

const stateOf = ({ outcome }: ItemVerdict): Partial<Pick<RecordDetail["row"], "state">> =>
  outcome === "unknown" ? {} : { state: outcome };

/** Every decision of mine on the same revision: an approval and what took it back belong together. */
async function evidenceOf({ journal }: KeptParts, decDig: string): Promise<readonly Evidence[]> {
  const wanted = journal.find(decDig);
  if (!wanted) throw new CountersignError("E_CLI_NOT_FOUND");
  const same = journal.entries().filter(({ iss, req_dig }) => iss === wanted.iss && req_dig === wanted.req_dig);
  const read = await Promise.all(same.map((entry) => journal.read(entry.dec_dig)));
  return read.sort((a, b) => a.decision.at - b.decision.at || a.decision.n - b.decision.n);
}

interface Kept {
  readonly item: DetailItem;
  readonly unanswered: readonly Unanswered[];
}

function itemOf(all: readonly Evidence[]): Kept {
  const [first] = all;
  if (!first) throw new CountersignError("E_CLI_NOT_FOUND");
  const { rid, rev, request, gateway, template, req_dig } = first.decision;
  const answered = all.filter(({ receipts }) => receipts.length > 0);
  const last = answered.at(-1)?.receipts.at(-1);
  const said = last === undefined ? undefined : quietly(() => readStored("receipt", last).outcome);
  const log = loggedOf(all, [req_dig, ...answered.map(({ decision }) => decision.dec_dig)]);
  const item = {
    ...{ rid, rev, request, gateway, attention: true, statements: [] },
    // There is no word of the gateway for it but its answer.
    state: said === undefined || said === "unknown" ? ("open" as const) : said,
    decisions: answered.map(({ decision }) => decision.decision),
    receipts: answered.map(({ receipts }) => receipts.at(-1) ?? ""),
    sets: [...new Set(all.flatMap(({ events }) => events))],
    credentials: [...new Set(answered.map(({ decision }) => decision.credential))],
    proofs: log.map(({ proof }) => proof),
    entries: log.map(({ entry }) => entry),
    vkey: quietly(() => readStored("gateway", gateway).log.vkey) ?? "",
    ...templateIn(template),
  };
  const unanswered = all
    .filter(({ receipts }) => receipts.length === 0)
    .map(({ decision: { decision, credential }, undelivered = "" }) => ({
      ...{ decision, credential },
      code: isErrorCode(undelivered) ? undelivered : ("E_CLI_OFFLINE" as const),
    }));
  return { item, unanswered };
}

/** Proofs in the order of what they prove, up to the first that is missing: those after it have no place of their own. */
function loggedOf(all: readonly Evidence[], wanted: readonly string[]): readonly Evidence["proofs"][number][] {
  const proofs = all.flatMap((one) => one.proofs);
  const found = wanted.map((digest) => proofs.findLast(({ obj }) => obj === digest));
  const end = found.indexOf(undefined);
  return found.slice(0, end < 0 ? found.length : end).filter((one) => one !== undefined);
}

function templateIn(text: string): { template?: Record<string, unknown> } {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { template: { ...value } } : {};
  } catch {
    return {};
  }
}

function pinsOf(parts: KeptParts, all: readonly Evidence[]): EvidencePins {
  const { link, memory, iss, directory } = parts;
  const kept = [...new Set(all.map(({ decision }) => decision.gateway))];
  const present = link.gateway?.credential;
  const gateways = present === undefined ? kept : [present, ...kept.filter((jws) => jws !== present)];
  const vkey = quietly(() => readStored("gateway", kept[0] ?? "").log.vkey);
  return {
    ...{ directory: directory.key.jwk, gateways, now: parts.nowS(), templates: [], status: parts.statusLists() },
    pinned: vkey === undefined ? undefined : memory.checkpoint(iss, vkey),
  };
}

function unaskedOf(item: DetailItem, verdict: ItemVerdict, unanswered: readonly Unanswered[]): readonly Unasked[] {
  const { request = "" } = item;
  const isProven = verdict.steps.some(({ step, ok }) => step === "log" && ok);
  const need = quietly(() => readStored("request", request).policy.quorum.need) ?? 1;
  return [
    ...(unanswered.length > 0 ? (["answer"] as const) : []),
    ...(need > 1 ? (["others"] as const) : []),
    isProven ? "log-still" : "log-ever",
    "since",
    "keys",
  ];
}

function keyName(gateway: string): string {
  const keys = quietly(() => readStored("gateway", gateway).jwks.keys) ?? [];
  const signing = keys.find(({ cs_use, verify_until }) => cs_use.includes("request") && verify_until === undefined);
  return (signing?.kid ?? "").slice(0, KEY_LETTERS);
}

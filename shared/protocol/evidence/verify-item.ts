import { verifyCheckpoint } from "#shared/ledger/note.ts";
import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import { sameBytes } from "#shared/ledger/verify.ts";

import type { Bundle } from "../bundle.ts";
import type { RequestState } from "../claims/receipt.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { templateDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";
import { template as templateSchema } from "../template.ts";
import { readStored } from "../verify/stored.ts";
import type { Erasure } from "./erasure.ts";
import { evidenceItem, isWhole, type EvidenceItem, type EvidencePins } from "./item.ts";
import { quietly } from "./quietly.ts";
import { isRetired } from "./retired.ts";
import { need, StepLog, type EvidenceStep } from "./steps.ts";
import { signersOf, unknowable } from "./unknowable.ts";
import { importDirectory, verifyEvidence, type BundleOptions } from "./verify-bundle.ts";
import { verifyWithheld } from "./withheld.ts";

/** What this computer makes of one row. Only a check that ran whole and found nothing says `valid`. */
export type ItemVerdict = {
  /** What the evidence comes to, whatever the gateway says; `unknown` when it could not be read so far. */
  readonly outcome: RequestState | "unknown";
  readonly steps: readonly EvidenceStep[];
  /** Checkpoints that its proofs name, as they came: to be compared with what this computer pinned. */
  readonly checkpoints: readonly string[];
  /** Of a row that was erased, by its log: `cannot_check` with `E_STORE_ERASED`. */
  readonly erasure?: Erasure;
} & (
  | { readonly kind: "valid" }
  /** All of it holds, and a key that signed it is no longer in use. */
  | { readonly kind: "valid_retired" }
  | { readonly kind: "not_valid"; readonly step: string; readonly code: ErrorCode; readonly why?: string }
  | { readonly kind: "cannot_check"; readonly step: string; readonly code: ErrorCode; readonly why?: string }
);

export type ItemOptions = BundleOptions & Required<Pick<BundleOptions, "builtinTemplates">>;

/**
 * Verifies one item of a gateway's history with what this computer pinned: acceptance, decisions, receipts, quorum, events,
 * credentials, template and the log's proofs, as `verifyBundle` does, then that the gateway's own word for the state is what
 * the evidence comes to, and that no proof contradicts the pinned checkpoint. Where the request was withheld, as far as that
 * goes without it. Never throws for what a gateway sent.
 */
export function verifyItem(value: unknown, pins: EvidencePins, crypto: Crypto, options: ItemOptions): ItemVerdict {
  const log = new StepLog();
  const item = log.run("item", () => parseItem(value));
  const directory = log.run("directory key", () => importDirectory(crypto, pins.directory));
  if (!item || !directory) return verdictOf(log, "unknown", [], []);
  const checkpoints = checkpointsOf(item);
  const bundle = bundleOf(item, pins, crypto);
  const { outcome, erasure } =
    bundle === undefined ? NOT_READ : comesTo(log, crypto, { item, bundle, directory, options, pins });
  if (!bundle) log.run("gateway", () => need(false, "E_GW_CRED", "No credential of this gateway is known."));
  // Of what was kept there is no word of the gateway beside the evidence.
  if (outcome !== "unknown" && options.isOwn !== true) {
    const both = `The gateway says ${item.state}, the evidence ${outcome}.`;
    log.run("state", () => need(isSameState(item, outcome), "E_BUNDLE", both));
  }
  if (bundle) log.run("log pinned", () => checkAgainstPin(crypto, checkpoints, pins.pinned, bundle.log.vkey));
  const unknown = log.steps.filter((step) => unknowable(step, { item, pins, bundle, options, crypto }));
  const judged = verdictOf(log, outcome, checkpoints, unknown);
  const verdict = item.withheld?.reason === "erased" ? erased(judged, erasure) : judged;
  return verdict.kind === "valid" && isRetired(signersOf(item), item.credentials, pins, options.decodeStatusList)
    ? { ...verdict, kind: "valid_retired" }
    : verdict;
}

const NOT_READ: ReturnType<typeof verifyWithheld> = { outcome: "unknown" };

/**
 * SECURITY: what nobody can read again is never valid, and is no sign of tampering where its log ordered that and everything
 * that is left holds. Without a verified erasure `judged` has a step that failed.
 */
function erased(judged: ItemVerdict, erasure: Erasure | undefined): ItemVerdict {
  const { outcome, steps, checkpoints } = judged;
  if (judged.kind !== "valid" || erasure === undefined) return judged;
  // A gateway's word, which may be beyond the calendar.
  const moment = new Date(erasure.at * 1000);
  const preposition = erasure.why === "restated" ? " by" : " on";
  const day = Number.isNaN(moment.getTime()) ? "" : `${preposition} ${moment.toISOString().slice(0, 10)}`;
  const why = `Erased${day} ${ERASED_WHY[erasure.why]}, as entry ${String(erasure.index)} of the log says. Its other entries, the answers and events hold; what was asked and signed can be read by nobody.`;
  return { outcome, steps, checkpoints, erasure, kind: "cannot_check", step: "request", code: "E_STORE_ERASED", why };
}

const ERASED_WHY = {
  order: "by order",
  retention: "because the time to keep it was over",
  repeated: "again, because an older copy had brought it back",
  restated: "and recorded anew then",
} as const satisfies Record<Erasure["why"], string>;

function parseItem(value: unknown): EvidenceItem {
  const parsed = evidenceItem.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CountersignError("E_BUNDLE", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
  }
  const { decisions, receipts, request, withheld } = parsed.data;
  need(decisions.length === receipts.length, "E_BUNDLE", "Receipts and decisions do not pair.");
  need(
    isWhole(parsed.data) || withheld !== undefined,
    "E_BUNDLE",
    "Parts are missing, and nothing says that they were withheld.",
  );
  need(
    request === undefined || !decisions.includes(null),
    "E_BUNDLE",
    "Either everything is here, or the request is withheld.",
  );
  need(request === undefined || withheld?.reason !== "erased", "E_BUNDLE", "What is said to be erased is here.");
  return parsed.data;
}

/** The same evidence in the shape of a bundle, under the credential that names every key that signed. */
function bundleOf(item: EvidenceItem, pins: EvidencePins, crypto: Crypto): Bundle | undefined {
  const gateway = credentialFor(item, pins);
  const vkey =
    item.vkey ?? (gateway === undefined ? undefined : quietly(() => readStored("gateway", gateway).log.vkey));
  if (gateway === undefined || vkey === undefined) return undefined;
  const { request = "", decisions, receipts, sets, credentials, proofs, entries, status } = item;
  return {
    format: "countersign-bundle/1",
    ...{ request, decisions: decisions.filter((jws) => jws !== null), receipts, events: sets, credentials, gateway },
    log: { vkey, proofs, entries },
    templates: templatesFor(item, pins.templates, crypto),
    status: [...(status === undefined ? [] : [status]), ...pins.status.filter((jws) => jws !== status)],
  };
}

/** Chosen before anything is verified: one that lies here is not the directory's, and fails. */
function credentialFor(item: EvidenceItem, { gateways }: EvidencePins): string | undefined {
  if (item.gateway !== undefined) return item.gateway;
  const signers = signersOf(item);
  const namesAll = (jws: string): boolean => {
    const keys = quietly(() => readStored("gateway", jws).jwks.keys.map(({ kid }) => kid)) ?? [];
    return signers.every((kid) => keys.includes(kid));
  };
  return gateways.find(namesAll) ?? gateways[0];
}

/** The one that came with it is checked whichever it is; of those that are here, the request's own. */
function templatesFor(item: EvidenceItem, known: readonly unknown[], crypto: Crypto): Bundle["templates"] {
  if (item.request === undefined) return [];
  if (item.template !== undefined) return [item.template];
  const jws = item.request;
  const wanted = quietly(() => readStored("request", jws).display.tpl_dig);
  return known.flatMap((value) => {
    const parsed = templateSchema.safeParse(value);
    return parsed.success && templateDigest(crypto, parsed.data) === wanted ? [{ ...parsed.data }] : [];
  });
}

function checkpointsOf({ proofs, withheld }: EvidenceItem): readonly string[] {
  const all = [...proofs, ...(withheld?.erasure?.proof === undefined ? [] : [withheld.erasure.proof])];
  return [...new Set(all.flatMap((proof) => quietly(() => parseTlogProof(proof).checkpoint) ?? []))];
}

function comesTo(
  log: StepLog,
  crypto: Crypto,
  of: {
    readonly item: EvidenceItem;
    readonly bundle: Bundle;
    readonly directory: VerifyKey;
    readonly options: ItemOptions;
    readonly pins: EvidencePins;
  },
): ReturnType<typeof verifyWithheld> {
  const { item, bundle, directory, options, pins } = of;
  if (!isWhole(item)) {
    const known = { decode: options.decodeStatusList, provesFrom: pins.provesFrom };
    return verifyWithheld(log, crypto, item, bundle, directory, known);
  }
  const outcome = verifyEvidence(log, crypto, bundle, directory, options);
  if (outcome === "unknown") return { outcome };
  log.run("request names", () => {
    const { rid, rev } = readStored("request", item.request);
    need(rid === item.rid && rev === item.rev, "E_BUNDLE", "The row is named after another request.");
  });
  return { outcome };
}

/** Two heads of one size and different content are two logs; other sizes need the gateway's proof of consistency. */
function checkAgainstPin(crypto: Crypto, notes: readonly string[], pinned: string | undefined, vkey: string): void {
  if (pinned === undefined) return;
  const mine = verifyCheckpoint(crypto, pinned, vkey);
  for (const note of notes) {
    const theirs = verifyCheckpoint(crypto, note, vkey);
    // SECURITY: protocol.md 3.16 (T-15, T-16).
    if (theirs.size === mine.size && !sameBytes(theirs.root, mine.root)) throw new CountersignError("E_LOG_FORK");
  }
}

/** Approvals lapse in the window without anybody's word: until the next decision both words are right. */
function isSameState({ state, request }: EvidenceItem, outcome: RequestState): boolean {
  if (state === outcome) return true;
  const waiting: readonly RequestState[] = ["open", "partial"];
  const mayLapse =
    request === undefined || quietly(() => readStored("request", request).policy.quorum.window) !== undefined;
  return mayLapse && waiting.includes(state) && waiting.includes(outcome);
}

function verdictOf(
  { steps, ok }: StepLog,
  outcome: RequestState | "unknown",
  checkpoints: readonly string[],
  unknown: readonly EvidenceStep[],
): ItemVerdict {
  const read = { outcome, steps, checkpoints };
  const why = (step: EvidenceStep) => (step.why === undefined ? {} : { why: step.why });
  const failed = steps.find((step) => !step.ok && !unknown.includes(step));
  if (failed) {
    return { ...read, kind: "not_valid", step: failed.step, code: failed.code ?? "E_BUNDLE", ...why(failed) };
  }
  const [first] = unknown;
  if (first) return { ...read, kind: "cannot_check", step: first.step, code: first.code ?? "E_BUNDLE", ...why(first) };
  // SECURITY: never valid by default: what could not be read whole is not judged.
  if (ok && outcome !== "unknown") return { ...read, kind: "valid" };
  return { ...read, kind: "cannot_check", step: "item", code: "E_BUNDLE" };
}

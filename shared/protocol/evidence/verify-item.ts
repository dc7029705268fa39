import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import { verifyCheckpoint } from "#shared/ledger/note.ts";
import { sameBytes } from "#shared/ledger/verify.ts";

import type { Bundle } from "../bundle.ts";
import type { RequestState } from "../claims/receipt.ts";
import type { Crypto } from "../crypto-port.ts";
import { templateDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";
import { template as templateSchema } from "../template.ts";
import { gateSigned } from "../verify/signed.ts";
import { readStored } from "../verify/stored.ts";
import { evidenceItem, type EvidenceItem, type EvidencePins } from "./item.ts";
import { isRetired } from "./retired.ts";
import { need, StepLog, type EvidenceStep } from "./steps.ts";
import { importDirectory, verifyEvidence, type BundleOptions } from "./verify-bundle.ts";

/** What this computer makes of one row. Only a check that ran whole and found nothing says `valid`. */
export type ItemVerdict = {
  /** What the evidence comes to, whatever the gateway says; `unknown` when it could not be read so far. */
  readonly outcome: RequestState | "unknown";
  readonly steps: readonly EvidenceStep[];
  /** Checkpoints that its proofs name, as they came: to be compared with what this computer pinned. */
  readonly checkpoints: readonly string[];
} & (
  | { readonly kind: "valid" }
  /** All of it holds, and a key that signed it is no longer in use. */
  | { readonly kind: "valid_retired" }
  | { readonly kind: "not_valid"; readonly step: string; readonly code: ErrorCode; readonly why?: string }
  | { readonly kind: "cannot_check"; readonly step: string; readonly code: ErrorCode; readonly why?: string }
);

/** Beyond the promised delay of a receipt, for the way there and back. */
const LOG_GRACE_S = 10;

/**
 * Verifies one item of a gateway's history with what this computer pinned: acceptance, decisions, receipts, quorum, events,
 * credentials, template and the log's proofs, as {@link verifyBundle} does, then that the gateway's own word for the state
 * is what the evidence comes to, and that no proof contradicts the pinned checkpoint. Never throws for what a gateway sent.
 */
export function verifyItem(
  value: unknown,
  pins: EvidencePins,
  crypto: Crypto,
  options: Omit<BundleOptions, "builtinTemplates"> & {
    readonly builtinTemplates: NonNullable<BundleOptions["builtinTemplates"]>;
  },
): ItemVerdict {
  const log = new StepLog();
  const item = log.run("item", () => parseItem(value));
  const directory = log.run("directory key", () => importDirectory(crypto, pins.directory));
  if (!item || !directory) return verdictOf(log, "unknown", [], []);
  const checkpoints = checkpointsOf(item);
  const bundle = bundleOf(item, pins, crypto);
  const outcome = bundle === undefined ? "unknown" : verifyEvidence(log, crypto, bundle, directory, options);
  if (bundle === undefined)
    log.run("gateway", () => need(false, "E_GW_CRED", "No credential of this gateway is known."));
  if (outcome !== "unknown") {
    log.run("state", () =>
      need(isSameState(item, outcome), "E_BUNDLE", `The gateway says ${item.state}, the evidence ${outcome}.`),
    );
  }
  if (bundle) log.run("log pinned", () => checkAgainstPin(crypto, checkpoints, pins.pinned, bundle.log.vkey));
  const unknowable = unknowableOf(item, pins, bundle, log.steps, options.builtinTemplates, crypto);
  const verdict = verdictOf(log, outcome, checkpoints, unknowable);
  return verdict.kind === "valid" && isRetired(signersOf(item), item.credentials, pins, options.decodeStatusList)
    ? { ...verdict, kind: "valid_retired" }
    : verdict;
}

function parseItem(value: unknown): EvidenceItem {
  const parsed = evidenceItem.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CountersignError("E_BUNDLE", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
  }
  const { decisions, receipts } = parsed.data;
  need(decisions.length === receipts.length, "E_BUNDLE", "Receipts and decisions do not pair.");
  return parsed.data;
}

/** The same evidence in the shape of a bundle, under the credential that names every key that signed. */
function bundleOf(item: EvidenceItem, pins: EvidencePins, crypto: Crypto): Bundle | undefined {
  const gateway = credentialFor(item, pins);
  const vkey = gateway === undefined ? undefined : quietly(() => readStored("gateway", gateway).log.vkey);
  if (gateway === undefined || vkey === undefined) return undefined;
  const { request, decisions, receipts, sets, credentials, proofs, entries } = item;
  return {
    format: "countersign-bundle/1",
    ...{ request, decisions, receipts, events: sets, credentials, gateway },
    log: { vkey, proofs, entries },
    templates: templatesFor(item, pins.templates, crypto),
    status: [...pins.status],
  };
}

/** Chosen before anything is verified: one that lies here is not the directory's, and fails. */
function credentialFor(item: EvidenceItem, pins: EvidencePins): string | undefined {
  if (item.gateway !== undefined) return item.gateway;
  const kids = signersOf(item);
  const names = (jws: string): boolean => {
    const keys = quietly(() => readStored("gateway", jws).jwks.keys.map(({ kid }) => kid)) ?? [];
    return kids.every((kid) => keys.includes(kid));
  };
  return pins.gateways.find(names) ?? pins.gateways[0];
}

export function signersOf({ request, receipts, sets }: EvidenceItem): readonly string[] {
  const kids = [
    quietly(() => gateSigned("request", request).header.kid),
    ...receipts.map((jws) => quietly(() => gateSigned("receipt", jws).header.kid)),
    ...sets.map((jws) => quietly(() => gateSigned("event", jws).header.kid)),
  ];
  return [...new Set(kids.filter((kid) => kid !== undefined))];
}

function templatesFor(item: EvidenceItem, templates: readonly unknown[], crypto: Crypto): Bundle["templates"] {
  const wanted = quietly(() => readStored("request", item.request).display.tpl_dig);
  return templates.flatMap((value) => {
    const parsed = templateSchema.safeParse(value);
    return parsed.success && templateDigest(crypto, parsed.data) === wanted ? [{ ...parsed.data }] : [];
  });
}

function checkpointsOf({ proofs }: EvidenceItem): readonly string[] {
  return [...new Set(proofs.flatMap((proof) => quietly(() => parseTlogProof(proof).checkpoint) ?? []))];
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
  const window = quietly(() => readStored("request", request).policy.quorum.window);
  return window !== undefined && waiting.includes(state) && waiting.includes(outcome);
}

/** Failures that say nothing of the evidence: what would be needed to judge is not here, or not there yet. */
function unknowableOf(
  item: EvidenceItem,
  pins: EvidencePins,
  bundle: Bundle | undefined,
  steps: readonly EvidenceStep[],
  builtin: NonNullable<BundleOptions["builtinTemplates"]>,
  crypto: Crypto,
): readonly EvidenceStep[] {
  const wanted = quietly(() => readStored("request", item.request).display.tpl_dig);
  const hasTemplate =
    (bundle?.templates.length ?? 0) > 0 || builtin.some((one) => templateDigest(crypto, one) === wanted);
  return steps.filter(({ ok, code, step }) => {
    if (ok) return false;
    if (step === "gateway" && bundle === undefined) return true;
    if (step === "log" && code === "E_LOG_PENDING") return item.entries.length === 0 && !isOverdue(item, pins.now);
    // Its key may have been replaced long ago; where the gateway gives the credential of that time, it is told apart.
    if (code === "E_GW_KEY") return item.gateway === undefined && isNamedNowhere(item, pins);
    return code === "E_DSP_TEMPLATE" && !hasTemplate;
  });
}

const isNamedNowhere = (item: EvidenceItem, { gateways }: EvidencePins): boolean => {
  const known = gateways.flatMap(
    (jws) => quietly(() => readStored("gateway", jws).jwks.keys.map(({ kid }) => kid)) ?? [],
  );
  return signersOf(item).some((kid) => !known.includes(kid));
};

/** The newest signed object was promised to be in the log by now. */
function isOverdue({ request, receipts, sets }: EvidenceItem, now: number): boolean {
  const times = [
    quietly(() => readStored("request", request).iat),
    ...receipts.map((jws) => quietly(() => readStored("receipt", jws).iat)),
    ...sets.map((jws) => quietly(() => readStored("event", jws).iat)),
  ].filter((at) => at !== undefined);
  const mmd = Math.max(60, ...receipts.map((jws) => quietly(() => readStored("receipt", jws).log?.mmd) ?? 0));
  return now > Math.max(...times) + mmd + LOG_GRACE_S;
}

function verdictOf(
  { steps, ok }: StepLog,
  outcome: RequestState | "unknown",
  checkpoints: readonly string[],
  unknowable: readonly EvidenceStep[],
): ItemVerdict {
  const read = { outcome, steps, checkpoints };
  const failed = steps.find((step) => !step.ok && !unknowable.includes(step));
  const why = (step: EvidenceStep) => (step.why === undefined ? {} : { why: step.why });
  if (failed) {
    return { ...read, kind: "not_valid", step: failed.step, code: failed.code ?? "E_BUNDLE", ...why(failed) };
  }
  const [first] = unknowable;
  if (first) return { ...read, kind: "cannot_check", step: first.step, code: first.code ?? "E_BUNDLE", ...why(first) };
  // SECURITY: never valid by default: what could not be read whole is not judged.
  if (ok && outcome !== "unknown") return { ...read, kind: "valid" };
  return { ...read, kind: "cannot_check", step: "item", code: "E_BUNDLE" };
}

/** What an unverified object says, where it says anything. */
export function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}

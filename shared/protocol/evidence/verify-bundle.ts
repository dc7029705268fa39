import type { FindHidden } from "../accept/text.ts";
import { bundle as bundleSchema, type Bundle } from "../bundle.ts";
import { publicJwk } from "../claims/primitives.ts";
import type { RequestState } from "../claims/receipt.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";
import { isMembers } from "../json-pointer.ts";
import { checkQuorum } from "../quorum/gate.ts";
import type { Template } from "../template.ts";
import { readStored } from "../verify/stored.ts";
import { applyEvents, readEvents } from "./events.ts";
import { checkLogged } from "./logged.ts";
import { replayDecisions, type Replay } from "./replay.ts";
import { inspectRequest, readRequest, readTemplates } from "./request.ts";
import { StepLog, type EvidenceStep } from "./steps.ts";
import { readVouched, type DecodeStatusList, type Vouched } from "./vouched.ts";

export interface BundleVerdict {
  /** True only when every step that could be run passed. */
  readonly ok: boolean;
  /** What the request came to; `unknown` when the bundle could not be read so far. */
  readonly outcome: RequestState | "unknown";
  readonly steps: readonly EvidenceStep[];
}

export interface BundleOptions {
  /** Templates that ship with this software; others must be vouched for by the directory (C12). */
  readonly builtinTemplates?: readonly Template[];
  /** For C14; without it that step is skipped. */
  readonly findHidden?: FindHidden;
  /** Reads status lists; without it they are verified but not looked into. */
  readonly decodeStatusList?: DecodeStatusList;
  /**
   * The evidence is what one person's computer kept: of a request that takes several approvals, other people's are not in
   * it. SECURITY: only whoever kept it says so; nothing in the evidence can.
   */
  readonly isOwn?: boolean;
}

/**
 * Verifies a `countersign-bundle/1` with nothing but the directory's public key: no network, no database
 * (protocol.md 3.12). Re-runs acceptance and verification at the decisions' and receipts' own times, the quorum gate, the
 * receipts and the log's proofs. Every signed or hashed byte counts; the one exception is inherent in ES256, whose
 * signatures exist in two forms (s and n − s) that say the same of the same bytes (standards.md 1.1): both verify, and no
 * digest, receipt or log entry depends on which.
 * `directoryKey` is a JWK; `alg` may be absent.
 */
export function verifyBundle(
  bundle: unknown,
  directoryKey: unknown,
  crypto: Crypto,
  options: BundleOptions = {},
): BundleVerdict {
  const log = new StepLog();
  let outcome: RequestState | "unknown" = "unknown";
  const parsed = log.run("bundle", () => parseBundle(bundle));
  const directory = log.run("directory key", () => importDirectory(crypto, directoryKey));
  if (parsed && directory) outcome = verifyEvidence(log, crypto, parsed, directory, options);
  return { ok: log.ok && outcome !== "unknown", outcome, steps: log.steps };
}

function parseBundle(value: unknown): Bundle {
  const parsed = bundleSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CountersignError("E_BUNDLE", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
  }
  if (parsed.data.receipts.length !== parsed.data.decisions.length) {
    throw new CountersignError("E_BUNDLE", "Receipts and decisions do not pair.");
  }
  return parsed.data;
}

export function importDirectory(crypto: Crypto, value: unknown): VerifyKey {
  const alg = isMembers(value) && value["crv"] === "Ed25519" ? "Ed25519" : "ES256";
  const jwk = publicJwk.safeParse(isMembers(value) ? { alg, ...value } : value);
  if (!jwk.success) throw new CountersignError("E_SIG_ALG", "The directory key is not a P-256 or Ed25519 public key.");
  return crypto.importKey(jwk.data);
}

/**
 * The steps of {@link verifyBundle} over parts that were read already; a request that nobody has decided yet has no
 * decisions and no receipts. @returns what the request came to, `unknown` where it could not be read so far
 */
export function verifyEvidence(
  log: StepLog,
  crypto: Crypto,
  bundle: Bundle,
  directory: VerifyKey,
  options: BundleOptions,
): RequestState | "unknown" {
  const vouched = readVouched(log, crypto, bundle, directory, options.decodeStatusList);
  if (!vouched) return "unknown";
  const request = readRequest(log, crypto, bundle.request, vouched);
  if (!request) return "unknown";
  const held = readTemplates(log, crypto, bundle.templates, request);
  // A request that nobody approved may have been refused for what these steps find; then they are told, not counted.
  const counts = bundle.decisions.some(isApproval) ? log : log.soft();
  const source = { template: held, builtin: options.builtinTemplates ?? [] };
  const template = inspectRequest(counts, crypto, request, vouched, source, options.findHidden);
  const { decisions, receipts } = bundle;
  const areOthersAway = options.isOwn === true && request.claims.policy.quorum.need > 1;
  const replay = replayDecisions(log, { crypto, vouched, request, template, decisions, receipts, areOthersAway });
  const events = readEvents(log, crypto, bundle.events, vouched, request);
  if (!replay || !events) return "unknown";
  if (replay.state === "approved") {
    if (areOthersAway) log.skip("V29", "others");
    else log.run("V29", () => checkGate(crypto, bundle.request, replay, vouched));
  }
  const outcome = applyEvents(log, replay.state, events, areOthersAway);
  checkLogged(log, crypto, bundle, vouched, { request, answered: replay.answered, events });
  return outcome;
}

/** Before anything is verified, and only to choose what counts: a decision that lies here fails later. */
function isApproval(jws: string): boolean {
  try {
    return readStored("decision", jws).decision === "approve";
  } catch (e) {
    if (e instanceof CountersignError) return true;
    throw e;
  }
}

function checkGate(crypto: Crypto, request: string, { recorded }: Replay, { keys, approvers }: Vouched): void {
  const result = checkQuorum({
    crypto,
    request,
    decisions: recorded.filter((d) => d.live).map((d) => d.jws),
    gatewayKey: (kid) => keys.keyFor("request", kid, 0),
    directoryEntry: (kid) => approvers.get(kid),
  });
  if (!result.ok) throw new CountersignError(result.code, result.failure);
}

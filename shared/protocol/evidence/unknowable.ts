import type { Bundle } from "../bundle.ts";
import type { Crypto } from "../crypto-port.ts";
import { templateDigest } from "../digest.ts";
import { gateSigned } from "../verify/signed.ts";
import { readStored } from "../verify/stored.ts";
import type { EvidenceItem, EvidencePins } from "./item.ts";
import { quietly } from "./quietly.ts";
import type { EvidenceStep } from "./steps.ts";
import type { ItemOptions } from "./verify-item.ts";

/** Beyond the promised delay of a receipt, for the way there and back. */
const LOG_GRACE_S = 10;
/** What a receipt promises unless it says otherwise (protocol.md 3.16). */
const MMD_S = 60;

interface At {
  readonly item: EvidenceItem;
  readonly pins: EvidencePins;
  readonly bundle: Bundle | undefined;
  readonly options: ItemOptions;
  readonly crypto: Crypto;
}

/** Does a failed step say nothing of the evidence, because what it takes to judge is not here, or not there yet? */
export function unknowable(step: EvidenceStep, at: At): boolean {
  if (step.ok) return false;
  const { item, pins, bundle } = at;
  if (step.step === "gateway" && bundle === undefined) return true;
  // An open blind quorum shows whoever decided their own decision alone (protocol.md 3.20): the count of the others is not here.
  if (isOpenBlind(item) && (step.code === "E_LOG_PENDING" || step.step.endsWith(" outcome"))) return true;
  switch (step.code) {
    case "E_STORE_ERASED_UNSHOWN":
      return true;
    case "E_LOG_PENDING":
      // What was kept may lack a proof that was never fetched: whether it is logged is asked of the gateway.
      if (at.options.isOwn === true) return step.step === "log";
      if (step.step === "erasure logged") return isJustErased(item, pins.now);
      return step.step === "log" && item.entries.length === 0 && !isOverdue(item, pins.now);
    case "E_GW_KEY":
      // It may have been replaced long ago; where the gateway gives the credential of that time, it is told apart.
      return item.gateway === undefined && isNamedNowhere(item, pins);
    case "E_DSP_TEMPLATE":
      return !hasTemplate(at);
    default:
      return false;
  }
}

function isOpenBlind({ request, state }: EvidenceItem): boolean {
  if (request === undefined || (state !== "open" && state !== "partial")) return false;
  return quietly(() => readStored("request", request).policy.quorum.blind) === true;
}

/** Names of the gateway's keys that say to have signed it. */
export function signersOf({ request, receipts, sets }: EvidenceItem): readonly string[] {
  const kids = [
    request === undefined ? undefined : quietly(() => gateSigned("request", request).header.kid),
    ...receipts.map((jws) => quietly(() => gateSigned("receipt", jws).header.kid)),
    ...sets.map((jws) => quietly(() => gateSigned("event", jws).header.kid)),
  ];
  return [...new Set(kids.filter((kid) => kid !== undefined))];
}

function isNamedNowhere(item: EvidenceItem, { gateways }: EvidencePins): boolean {
  const known = gateways.flatMap((jws) => quietly(() => readStored("gateway", jws).jwks.keys) ?? []);
  return signersOf(item).some((kid) => !known.some((key) => key.kid === kid));
}

function hasTemplate({ item: { request }, bundle, options, crypto }: At): boolean {
  if (request === undefined || (bundle?.templates.length ?? 0) > 0) return true;
  const wanted = quietly(() => readStored("request", request).display.tpl_dig);
  return options.builtinTemplates.some((one) => templateDigest(crypto, one) === wanted);
}

/** SECURITY: the time is the gateway's word: one that lies ahead of now is no reason to wait for it. */
function isJustErased({ withheld }: EvidenceItem, now: number): boolean {
  return Math.abs(now - (withheld?.at ?? 0)) <= MMD_S + LOG_GRACE_S;
}

/** The newest signed object was promised to be in the log by now. */
function isOverdue({ request, receipts, sets }: EvidenceItem, now: number): boolean {
  const answers = receipts.flatMap((jws) => quietly(() => readStored("receipt", jws)) ?? []);
  const times = [
    request === undefined ? undefined : quietly(() => readStored("request", request).iat),
    ...answers.map(({ iat }) => iat),
    ...sets.map((jws) => quietly(() => readStored("event", jws).iat)),
  ].filter((at) => at !== undefined);
  const mmd = Math.max(MMD_S, ...answers.map(({ log }) => log?.mmd ?? 0));
  return now > Math.max(...times) + mmd + LOG_GRACE_S;
}

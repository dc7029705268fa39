import type { DecisionClaims } from "../claims/decision.ts";
import { CountersignError } from "../error.ts";
import { checkQuorumPlace, liveApprovals } from "../quorum/window.ts";
import { checkEligible, checkSeparation } from "./eligibility.ts";
import { checkGrant } from "./grant.ts";
import { checkConfirmations, checkReason } from "./reasons.ts";
import { checkDecisionTimes, checkPolicy } from "./request-binding.ts";
import { checkChain, checkRevoke, checkUndecided, headOr } from "./standing.ts";
import type { DirectoryEntry, RecordedDecision, StoredRequest, VerificationState } from "./state.ts";
import { checkSessionLevel, checkUserVerification } from "./user-verification.ts";
import { checkDwell, checkKeyClass, checkView } from "./view.ts";

/** What V12–V26 judge: a decision whose author and request are known. */
export interface StepContext {
  readonly kid: string;
  readonly claims: DecisionClaims;
  readonly entry: DirectoryEntry;
  readonly request: StoredRequest;
  /** Recorded decisions of this revision, in recording order. */
  readonly recorded: readonly RecordedDecision[];
  readonly state: VerificationState;
  /** Set by V22 where there was an assertion: its signature counter. */
  webauthnCount?: number;
}

export interface DecisionStep {
  readonly id: `V${number}`;
  /** Needs the gateway's live state: an offline verifier cannot run it. */
  readonly live?: true;
  /** DenyAlwaysPossible: V19–V25 bind approvals only (protocol.md 3.8). */
  readonly approveOnly?: true;
  /** @throws CountersignError the step's code */
  readonly run: (at: StepContext) => void;
}

/** V12 to V26 in their order (protocol.md 3.8). */
export const DECISION_STEPS: readonly DecisionStep[] = [
  { id: "V12", run: ({ claims, request }) => checkPolicy(claims, request.claims) },
  { id: "V13", run: ({ claims, request, state }) => checkDecisionTimes(claims, request.claims, state) },
  { id: "V14", run: ({ claims }) => checkKind(claims) },
  { id: "V15", run: checkApprover },
  {
    id: "V16",
    live: true,
    run: ({ claims, kid, state }) => checkChain(claims, headOr(state.crypto, state.chainHead(kid), kid, state.iss)),
  },
  { id: "V17", live: true, run: checkStanding },
  { id: "V18", run: ({ claims, request }) => checkReason(claims, request.claims.policy) },
  { id: "V19", approveOnly: true, run: ({ claims, request }) => checkGrant(claims, request.claims) },
  {
    id: "V20",
    approveOnly: true,
    run: ({ claims, request, state }) => checkView(state.crypto, claims, request, (dig) => state.template(dig)),
  },
  { id: "V21", approveOnly: true, run: ({ claims, request }) => checkConfirmations(claims, request.claims) },
  { id: "V22", run: checkPresence },
  {
    id: "V23",
    approveOnly: true,
    run: ({ entry, request }) => checkKeyClass(entry.key_storage, request.claims.policy),
  },
  { id: "V24", approveOnly: true, run: ({ claims, request }) => checkDwell(claims, request.claims.policy) },
  {
    id: "V25",
    approveOnly: true,
    run: ({ claims, request, recorded }) => checkQuorumPlace(claims, request.claims.policy, liveApprovals(recorded)),
  },
  { id: "V26", run: ({ claims }) => checkEmergency(claims) },
];

const OTHER_STEPS = DECISION_STEPS.filter((step) => !step.approveOnly);

/** The steps that bind this decision. */
export const stepsFor = ({ decision }: DecisionClaims): readonly DecisionStep[] =>
  decision === "approve" ? DECISION_STEPS : OTHER_STEPS;

/** V14. @throws CountersignError `E_CLM_DECISION` */
function checkKind({ decision }: DecisionClaims): void {
  if (!["approve", "deny", "revoke"].includes(decision)) throw new CountersignError("E_CLM_DECISION");
}

function checkApprover({ claims, entry, request }: StepContext): void {
  checkEligible(request.claims, entry);
  if (claims.decision === "approve") checkSeparation(request.claims, claims.sub);
}

function checkStanding({ claims, kid, request, recorded }: StepContext): void {
  if (claims.decision === "revoke") checkRevoke(claims, request, recorded);
  else checkUndecided(request, recorded, { sub: claims.sub, kid });
}

/** V22; a deny or revoke needs no more than a session. */
function checkPresence(at: StepContext): void {
  const { claims, entry, request, state } = at;
  if (claims.decision !== "approve") {
    checkSessionLevel(claims);
    return;
  }
  const count = checkUserVerification(claims, request.claims.policy, entry, state);
  if (count !== undefined) at.webauthnCount = count;
}

/** V26. Break-glass is left for a later version (README decision 18). @throws CountersignError `E_POL_EMERGENCY` */
function checkEmergency({ emg }: DecisionClaims): void {
  if (emg !== undefined) throw new CountersignError("E_POL_EMERGENCY");
}

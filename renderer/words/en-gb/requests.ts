import { inLanguage } from "../language.ts";

/** Words for a request wherever it is shown: what it is, where it stands. */

const TIERS = { 1: "Tier 1", 2: "Tier 2", 3: "Tier 3" } as const;
const TIER_NAMES = { 1: "routine", 2: "high risk", 3: "critical" } as const;

export const requests = inLanguage({
  tier: (tier: 1 | 2 | 3): string => TIERS[tier],
  tierName: (tier: 1 | 2 | 3): string => TIER_NAMES[tier],
  agent: "Agent",
  gateway: "Gateway",
  born: "Born",
  noPatient: "No single patient",
  due: (time: string): string => `Due ${time}`,
  status: {
    new: "New",
    expiring: "Expires soon",
    changed: (time: string): string => `Changed ${time}`,
    quarantined: "Cannot be approved",
    needsSecond: "2nd approver needed",
    unconfirmed: "Not confirmed yet",
    signing: "Signing",
    sending: "Sending, not recorded yet",
    undelivered: "Not delivered, sign again",
    keyOver: "Not delivered",
    waitingSecond: "Waiting for 2nd approver",
    held: (seconds: string): string => `Held ${seconds}`,
    executing: "Being executed",
    executed: "Executed",
    failed: "Not executed",
    unknownOutcome: "Outcome unknown",
    denied: "Denied",
    revoked: "Revoked",
    rejected: "Not accepted",
    expired: "Expired",
    withdrawn: "Withdrawn",
    decidedElsewhere: "Decided by someone else",
    lapsed: "Lapsed",
    gone: "No longer in your queue",
  },
  conflict: "Conflict",
  nameAlert: "Name alert",
  nameAlertMeans: "another patient here has almost the same name",
  reading: (names: readonly string[]): string => `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} reading`,
  asked: (asked: number, denied: number): string =>
    denied === 0 ? `Asked ${asked} times` : `Asked ${asked} times. Denied ${denied} ${denied === 1 ? "time" : "times"}`,
} as const);

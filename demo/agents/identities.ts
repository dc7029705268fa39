import type { RegisteredAgent } from "../../gateway/ports.ts";
import type { AgentName } from "../scenarios/scenario.ts";

/** What the registry holds of a sample agent, before its key is known. The name is the registry's, not the agent's own. */
type Identity = Omit<RegisteredAgent, "keys">;

const TRUST_DOMAIN = "spiffe://northgate.example/agents";

export const identities: Readonly<Record<AgentName, Identity>> = {
  "medication-reconciliation": {
    sub: `${TRUST_DOMAIN}/medication-reconciliation`,
    name: "MedRec-2",
    model: "sample-model 4.1",
    owner: "PATEL, Rina, Pharmacy",
    actions: ["order.create", "order.modify", "order.discontinue", "record.update"],
  },
  "note-tidier": {
    sub: `${TRUST_DOMAIN}/note-tidier`,
    name: "NoteTidy",
    model: "sample-model 3.0",
    owner: "Clinical informatics",
    actions: ["record.update"],
  },
  "intake-referral": {
    sub: `${TRUST_DOMAIN}/intake-referral`,
    name: "Intake and referral",
    model: "sample-model 4.1",
    owner: "Patient access",
    actions: ["referral.create"],
  },
};

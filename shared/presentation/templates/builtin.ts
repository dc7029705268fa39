import { template } from "#shared/protocol/template.ts";
import type { Template } from "#shared/protocol/template.ts";

import generic from "./generic.json" with { type: "json" };
import medicationOrder from "./medication-order.json" with { type: "json" };
import recordUpdate from "./record-update.json" with { type: "json" };
import referral from "./referral.json" with { type: "json" };

/**
 * The templates that ship in the app and the gateway (protocol.md 3.6, rule 2). `record-update` is for every change of
 * an existing resource, orders included: it shows the net difference from what the record holds now.
 */
export const BUILTIN_TEMPLATES = {
  medicationOrder: template.parse(medicationOrder),
  recordUpdate: template.parse(recordUpdate),
  referral: template.parse(referral),
  generic: template.parse(generic),
} as const satisfies Record<string, Template>;

export const builtinTemplates: readonly Template[] = Object.values(BUILTIN_TEMPLATES);

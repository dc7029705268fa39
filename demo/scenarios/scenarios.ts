import { threeSteps } from "./anticoagulation.ts";
import {
  changedWhileOpen,
  expires,
  hiddenCharacter,
  persuasiveLie,
  reducedScope,
  routineRefill,
  weightConflict,
} from "./medication.ts";
import { correctPhone, flood, lookAlike, tidiedAllergy } from "./notes.ts";
import { externalReferral, internalReferral } from "./referral.ts";
import type { Scenario } from "./scenario.ts";

/** Everything the sample agents can try, in the order in which the window demo offers it. */
export const scenarios: readonly Scenario[] = [
  routineRefill,
  reducedScope,
  correctPhone,
  internalReferral,
  weightConflict,
  persuasiveLie,
  tidiedAllergy,
  lookAlike,
  externalReferral,
  hiddenCharacter,
  changedWhileOpen,
  threeSteps,
  expires,
  flood,
];

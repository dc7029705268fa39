import { threeSteps } from "./anticoagulation.ts";
import { askedAgain, changedWhileOpen, expires, offline } from "./course.ts";
import { threeHundredFields } from "./equipment.ts";
import {
  hiddenCharacter,
  nameFromTheRight,
  persuasiveLie,
  reducedScope,
  routineRefill,
  twoPeople,
  weightConflict,
} from "./medication.ts";
import { correctPhone, flood, lookAlike, tidiedAllergy } from "./notes.ts";
import { externalReferral, internalReferral } from "./referral.ts";
import type { Scenario } from "./scenario.ts";

/** Everything the sample agents can try, in the order in which the menu offers it. */
export const scenarios: readonly Scenario[] = [
  routineRefill,
  reducedScope,
  correctPhone,
  internalReferral,
  twoPeople,
  weightConflict,
  persuasiveLie,
  tidiedAllergy,
  lookAlike,
  externalReferral,
  hiddenCharacter,
  changedWhileOpen,
  threeSteps,
  expires,
  offline,
  askedAgain,
  flood,
  nameFromTheRight,
  threeHundredFields,
];

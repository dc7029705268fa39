import type { ActionName } from "#shared/protocol/names.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { FactsPort, Gathered, Operation, RequestDraft } from "../ports.ts";
import { assertAction, actionOfParsed } from "./facts-action.ts";
import { allergyFacts, deceasedFacts, pregnancyFacts, renalFacts, weightFacts } from "./facts-background.ts";
import { compareClaims } from "./facts-claims.ts";
import { compareConsent } from "./facts-consent.ts";
import { failed, notRun, passed, recordFact, type Check, type Findings, type NewFact } from "./facts-fact.ts";
import { textAt, type Members } from "./facts-json.ts";
import { compareCodes, compareDisplays, compareInside, type Terminology } from "./facts-naming.ts";
import { parseOperation, resultOf, type ParsedOperation } from "./facts-operation.ts";
import { compareOrder } from "./facts-order.ts";
import { onePatient, patientClaim, type PatientClaim } from "./facts-patient.ts";
import { protectionFacts } from "./facts-protection.ts";
import { recordReader, type ReadResource, type RecordReader, type RecordReaderOptions } from "./facts-reader.ts";
import {
  activeMedicines,
  allergies,
  consents,
  dosesGiven,
  EGFR,
  measurements,
  PREGNANCY,
  WEIGHT,
  type Allergy,
  type Gathering,
  type Measured,
} from "./facts-record.ts";
import { codeSystemTerminology } from "./facts-terminology.ts";
import { dateWords } from "./facts-time.ts";

export type { Terminology } from "./facts-naming.ts";

export interface FhirFactsOptions extends RecordReaderOptions {
  /** Names of codes; without it, the CodeSystem resources of the FHIR server. */
  readonly terminology?: Terminology;
}

/**
 * What the record says about an operation, over plain FHIR REST: the patient, allergies, weight, kidney function, active
 * medicines, consent, the resource as it is; what was checked, and what was not; and every contradiction between the
 * agent's statements, the action and the record as a fact `conflict` (approval-experience.md 3.3, 3.4).
 */
export function fhirFacts(options: FhirFactsOptions): FactsPort {
  const base = options.baseUrl.replace(/\/$/, "");
  const reader = recordReader({ ...options, baseUrl: base });
  const terminology = options.terminology ?? codeSystemTerminology(reader);
  return {
    async gather(draft, action) {
      const operation = parseOperation(draft.operation, base);
      assertAction(action, actionOfParsed(operation));
      const before = await current(reader, operation);
      const after = resultOf(operation, before?.resource);
      const person = await onePatient(reader, base, [before?.resource, after]);
      const patient = patientClaim(person);
      const parts = [
        { facts: deceasedFacts(patient), checks: [] },
        compareDisplays(after, patient, base),
        compareInside(after),
        await compareCodes(after, terminology),
        ...(await recordParts(reader, { draft, action, operation, after, patient })),
        versionFindings(draft.operation, before),
        identityFindings(patient),
        protectionFacts(person),
      ];
      return gathered(patient, parts, before);
    },
  };
}

async function current(reader: RecordReader, operation: ParsedOperation): Promise<ReadResource | undefined> {
  if (operation.kind === "create") return undefined;
  const reference = `${operation.type}/${operation.id}`;
  const found = await reader.read(reference);
  if (found === undefined) throw new CountersignError("E_OP_BODY", `The record has no ${reference}.`);
  if (found.version === undefined) {
    throw new CountersignError(
      "E_UPSTREAM",
      `The record gives no version of ${reference}, so it cannot be changed safely.`,
    );
  }
  return found;
}

interface Subject {
  readonly draft: RequestDraft;
  readonly action: ActionName;
  readonly operation: ParsedOperation;
  readonly after: Members | undefined;
  readonly patient: PatientClaim;
}

const NO_INTERACTIONS = "No interaction service is connected to this gateway.";
const NO_DOSE_RANGES = "No dose range service is connected to this gateway.";

/** Reads only what the action needs (minimum necessary, protocol.md 3.19). */
async function recordParts(reader: RecordReader, subject: Subject): Promise<readonly Findings[]> {
  const { draft, action, operation, after, patient } = subject;
  const claims = draft.claims ?? [];
  const claimed = (...codes: readonly string[]): boolean => claims.some((c) => codes.includes(c.code.toLowerCase()));
  const medicine = operation.type === "MedicationRequest" && action !== "order.discontinue";
  const shares = action === "referral.create" || action === "data.release";
  const { ref } = patient;
  const when = async <T>(needed: boolean, read: () => Promise<Gathering<T>>) => (needed ? await read() : undefined);
  const [weight, egfr, allergy, pregnancy] = await Promise.all([
    when(medicine || claimed("weight"), () => measurements(reader, ref, WEIGHT)),
    when(medicine || claimed("egfr", "renal-function"), () => measurements(reader, ref, EGFR)),
    when(medicine || claimed("allergies"), () => allergies(reader, ref)),
    when(medicine && patient.sex !== "male", () => measurements(reader, ref, PREGNANCY)),
  ]);
  const parts: Findings[] = [compareClaims(claims, { patient, ...present(weight, egfr, allergy) })];
  if (shares) parts.push(compareConsent(await consents(reader, ref), draft.attachments ?? []));
  if (medicine && after !== undefined && allergy !== undefined) {
    const [medicines, given] = await Promise.all([activeMedicines(reader, ref), dosesGiven(reader, ref)]);
    parts.push(compareOrder(after, { allergies: allergy, medicines, given }));
    parts.push({
      facts: [],
      checks: [
        notRun("interactions", "Interactions between medicines", NO_INTERACTIONS),
        notRun("dose-range", "Dose for age, weight and kidney function", NO_DOSE_RANGES),
      ],
    });
  }
  if (allergy !== undefined) parts.push(allergyFacts(allergy));
  if (weight !== undefined) parts.push(weightFacts(weight));
  if (egfr !== undefined) parts.push(renalFacts(egfr));
  if (pregnancy !== undefined) parts.push(pregnancyFacts(pregnancy));
  return parts;
}

function present(
  weight: Gathering<Measured> | undefined,
  egfr: Gathering<Measured> | undefined,
  allergy: Gathering<Allergy> | undefined,
) {
  return {
    ...(weight === undefined ? {} : { weight }),
    ...(egfr === undefined ? {} : { egfr }),
    ...(allergy === undefined ? {} : { allergies: allergy }),
  };
}

/** The version that will be changed; an agent that worked from another one is told apart. */
function versionFindings(operation: Operation, before: ReadResource | undefined): Findings {
  if (before?.version === undefined) return { facts: [], checks: [] };
  const number = before.version.replace(/^W\/|"/g, "");
  const updated = textAt(before.resource, "meta", "lastUpdated");
  const when = updated === undefined ? "" : `, last changed ${dateWords(updated)}`;
  const stale = operation.if_match !== undefined && operation.if_match !== before.version;
  const label = "Version the agent worked from against the record";
  return {
    facts: [
      recordFact({
        code: "record-version",
        label: "Record version",
        text: stale
          ? `Record is at version ${number}${when}. The agent worked from another version.`
          : `Record version ${number}${when}`,
        sev: stale ? "high" : "info",
        value: number,
        as_of: updated,
      }),
    ],
    checks: [
      operation.if_match === undefined
        ? notRun(
            "version",
            label,
            "The agent did not say which version it worked from. The gateway binds the current one.",
          )
        : stale
          ? failed("version", label, "The record changed since the agent read it.")
          : passed("version", label),
    ],
  };
}

/** Two person-specific identifiers always (principle P8). */
function identityFindings(patient: PatientClaim): Findings {
  const label = "Two identifiers of the patient in the record";
  const count = (patient.identifiers?.length ?? 0) + (patient.birthDate === undefined ? 0 : 1);
  const check: Check =
    count >= 2 ? passed("identity", label) : failed("identity", label, "The record holds fewer than two.");
  return { facts: [], checks: [check] };
}

const RANK: Readonly<Record<NewFact["sev"], number>> = { critical: 0, high: 1, warning: 2, info: 3 };

const MAX_FACTS = 256;

function leftOut(count: number): readonly Check[] {
  if (count <= MAX_FACTS) return [];
  const why = `${String(count - MAX_FACTS)} entries of the record did not fit into the request.`;
  return [notRun("all-facts", "Everything the record says about this", why)];
}

/** Worst first; ids follow that order, so the same record gives the same ids. */
function gathered(patient: PatientClaim, parts: readonly Findings[], before: ReadResource | undefined): Gathered {
  const facts = parts
    .flatMap((part) => part.facts)
    .toSorted((a, b) => Number(b.override ?? false) - Number(a.override ?? false) || RANK[a.sev] - RANK[b.sev]);
  const checks = [...parts.flatMap((part) => part.checks), ...leftOut(facts.length)];
  return {
    patient,
    facts: facts.slice(0, MAX_FACTS).map((fact, i) => ({ id: `f${String(i + 1)}`, ...fact })),
    checks,
    ...(before?.version === undefined ? {} : { before: { text: before.text, version: before.version } }),
  };
}

import type { StatefulAuthorizationCall } from "@cedar-policy/cedar-wasm/nodejs";

import { RISKS } from "#shared/protocol/claims/request.ts";

import type { PolicyInput, ReadInput, RegisteredAgent } from "../../ports.ts";
import { codingsOf, listAt, objectsIn, type Members } from "../../requests/facts-json.ts";
import { PROTECTION } from "../../requests/facts-protection.ts";
import { isMedicine, listsHolding, listsInArguments, medicineNames, namesMedicine } from "../medicines.ts";
import { isRepeat, type Signals } from "../signals.ts";
import type { PolicyManifest } from "./manifest.ts";

/** What Cedar is asked: principal, action, resource, context and entities (shipped/schema.cedarschema). */
export type Question = Pick<StatefulAuthorizationCall, "principal" | "action" | "resource" | "context" | "entities">;

const USUAL_PERMISSIONS = ["read", "write"];

/**
 * An agent's change as a question. Everything in it is from the registry, the bytes of the operation, or what the gateway
 * gathered. SECURITY: no rationale, claim, goal or title gets in, so nothing an agent writes about its request can lower
 * what policy asks (protocol.md 3.15, T-24).
 */
export function changeQuestion(
  input: PolicyInput,
  signals: Signals,
  { administrative, medicines }: PolicyManifest,
): Question {
  const { gathered, attachments, history, initiator, scopes, chain = [] } = input;
  const { type, kind, before, after, reach } = signals;
  const names = isMedicine(type) ? medicineNames(after, input) : [];
  const inOrder = isMedicine(type) ? listsHolding(medicines, names, after) : [];
  const lists = kind === "call" ? listsInArguments(medicines, input.operation.body) : inOrder;
  const count = (result: string): number => gathered.checks.filter((check) => check.result === result).length;
  const context = {
    kind,
    finds: [...signals.reasons],
    repeat: isRepeat(input),
    patients: reach.patients,
    leaves_organisation: reach.leaves_org,
    standing: reach.standing,
    conflicts: gathered.facts.filter(({ code }) => code === "conflict").length,
    failed_checks: count("fail"),
    missing_checks: count("not_run"),
    documents: attachments.length,
    sensitive_documents: attachments.filter(({ sensitive }) => sensitive === true).length,
    scopes: [...new Set(scopes)],
    started_by: initiator.kind,
    history: { asked: history.asked, denied: history.denied },
    task: { steps: chain.length, highest: Math.max(0, ...chain.map((risk) => RISKS.indexOf(risk) + 1)) },
  };
  const resource = {
    type,
    codes: unique([before, after].flatMap(codesIn)),
    is_medicine: isMedicine(type),
    names_medicine: isMedicine(type) && namesMedicine(after, input),
    medicines: lists.map(({ name }) => name),
    labels: unique([...[before, after].flatMap(labelsIn), ...labelsOfPatient(input)]),
  };
  return ask(input.agent, administrative.includes(type) ? "administer" : signals.action, resource, context);
}

/** A read by itself: no record is looked at before it is allowed. */
export function readQuestion({ agent, type }: ReadInput): Question {
  const none: readonly string[] = [];
  const resource = { type, codes: none, is_medicine: false, names_medicine: false, medicines: none, labels: none };
  return ask(agent, "read", resource, {});
}

function ask(
  agent: RegisteredAgent,
  action: string,
  resource: { readonly type: string; readonly [name: string]: boolean | string | readonly string[] },
  context: Question["context"],
): Question {
  const principal = { type: "Agent", id: agent.sub };
  const about = { type: "Resource", id: resource.type };
  const { owner, model, environment, purpose, permissions = USUAL_PERMISSIONS } = agent;
  const known = {
    ...{ owner, model, for_person: agent.obo !== undefined, permissions: [...permissions] },
    ...(environment === undefined ? {} : { environment }),
    ...(purpose === undefined ? {} : { purpose }),
  };
  const attrs = Object.fromEntries(
    Object.entries(resource).map(([name, value]) => [name, typeof value === "object" ? [...value] : value]),
  );
  return {
    ...{ principal, resource: about, context, action: { type: "Action", id: action } },
    entities: [
      { uid: principal, attrs: known, parents: [] },
      { uid: about, attrs, parents: [] },
    ],
  };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

const codesIn = (resource: Members | undefined): readonly string[] =>
  [...objectsIn(resource)].flatMap(([, object]) =>
    codingsOf({ coding: [...listAt(object, "coding")] }).map(({ system, code }) => `${system}|${code}`),
  );

/** HL7 security labels, wherever a `meta` stands: contained resources have one of their own. */
const labelsIn = (resource: Members | undefined): readonly string[] =>
  [...objectsIn(resource)].flatMap(([, object]) =>
    codingsOf({ coding: [...listAt(object, "meta", "security")] }).map(({ code }) => code),
  );

/** The labels of the patient's own record, as the gateway found them. */
const labelsOfPatient = ({ gathered }: PolicyInput): readonly string[] =>
  gathered.facts.flatMap(({ code, src, value }) =>
    code === PROTECTION && src !== "cds" ? (value ?? "").split(" ").filter((label) => label !== "") : [],
  );

import { z } from "zod";

import { RISKS } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES, type ActionName } from "#shared/protocol/names.ts";

import type { Operation, PolicyInput, ReadInput, RegisteredAgent } from "../../ports.ts";
import { actionOf } from "../../requests/facts-action.ts";
import { IDENTITY_REASONS, type IdentityReason } from "../identity.ts";
import { PROTECTION } from "../../requests/facts-protection.ts";

/**
 * What an agent asks, in a line (docs/policy-cases.md): `create|update|patch|delete|read Type JSON`, and beside it what the
 * gateway knows, in words with semicolons between them.
 */
export type CaseInput =
  { readonly kind: "change"; readonly input: PolicyInput } | { readonly kind: "read"; readonly input: ReadInput };

const BASE = "https://fhir.hospital.example/r4";
const ID = "x1";
const METHODS = { create: "POST", update: "PUT", patch: "PATCH", delete: "DELETE" } as const;

const agentMembers = z
  .strictObject({
    sub: z.string(),
    model: z.string(),
    owner: z.string(),
    obo: z.string(),
    environment: z.string(),
    purpose: z.string(),
    actions: z.array(z.enum(ACTION_TYPES)),
    permissions: z.array(z.enum(["read", "write", "administer"])),
  })
  .partial();

const AGENT: RegisteredAgent = {
  ...{ sub: "urn:agent:case", name: "Case", model: "m", owner: "urn:team:case", keys: [] },
  actions: ACTION_TYPES,
};

/** What the words of a case add up to. */
interface Said {
  agent: RegisteredAgent;
  facts: PolicyInput["gathered"]["facts"][number][];
  checks: PolicyInput["gathered"]["checks"][number][];
  before?: string;
  deceased?: boolean;
  attachments: PolicyInput["attachments"][number][];
  asked: number;
  denied: number;
  chain: (typeof RISKS)[number][];
  identity: IdentityReason[];
  scopes: string[];
  initiator: PolicyInput["initiator"];
  action?: ActionName;
}

/** @throws CountersignError `E_CLI_INPUT` saying what is not understood */
export function readCaseInput(asked: string, words: string): CaseInput {
  const [, verb = "", type = "", members = ""] = /^(\w+) ([A-Z]\w*)(?: (.+))?$/.exec(asked) ?? [];
  const { action, ...beside } = known(type, words);
  if (verb === "read") return { kind: "read", input: { agent: beside.agent, type } };
  const kind = (["create", "update", "patch", "delete"] as const).find((one) => one === verb);
  if (kind === undefined) throw wrong(`"${asked}" is not asked as: create|update|patch|delete|read Type JSON.`);
  const operation = operationOf(kind, type, members);
  return { kind: "change", input: { ...beside, operation, action: action ?? actionIn(operation) } };
}

/**
 * What the gateway knows beside an operation, from the words of a case.
 * @throws CountersignError `E_CLI_INPUT`
 */
export function known(
  type: string,
  words: string,
): Omit<PolicyInput, "operation" | "action"> & { readonly action?: ActionName } {
  const said = readWords(type, words);
  const { agent, facts, checks, before, deceased, attachments, scopes, chain, initiator, asked, denied, action } = said;
  const { identity } = said;
  const patient = { ref: "Patient/p-1", name: "CASE, A", ...(deceased === true ? { deceased } : {}) };
  return {
    ...{ agent, attachments, scopes, chain, identity, initiator, history: { asked, denied } },
    gathered: {
      ...{ patient, facts, checks },
      ...(before === undefined ? {} : { before: { text: before, version: 'W/"1"' } }),
    },
    ...(action === undefined ? {} : { action }),
  };
}

/** An operation that cannot be read has no action: policy says so itself. */
function actionIn(operation: Operation): ActionName {
  try {
    return actionOf(operation, BASE);
  } catch (fault) {
    if (fault instanceof CountersignError) return "record.update";
    throw fault;
  }
}

function operationOf(kind: keyof typeof METHODS, type: string, members: string): Operation {
  const method = METHODS[kind];
  const body = {
    create: () => resource(type, members, false),
    update: () => resource(type, members, true),
    patch: () => members,
    delete: () => "",
  };
  return {
    method,
    url: kind === "create" ? `${BASE}/${type}` : `${BASE}/${type}/${ID}`,
    media: kind === "patch" ? "application/json-patch+json" : "application/fhir+json",
    body: body[kind](),
  };
}

/** The exact text of a resource from its members: a number is not written anew. */
function resource(type: string, members: string, hasId: boolean): string {
  const head = JSON.stringify({ resourceType: type, ...(hasId ? { id: ID } : {}) }).slice(0, -1);
  const rest = members.trim() === "" ? "" : members.trim().slice(1, -1).trim();
  return `${head}${rest === "" ? "" : `,${rest}`}}`;
}

function readWords(type: string, known: string): Said {
  const said: Said = {
    agent: AGENT,
    facts: [],
    checks: [],
    attachments: [],
    asked: 0,
    denied: 0,
    chain: [],
    identity: [],
    scopes: [],
    initiator: { kind: "event" },
  };
  for (const word of known.split(";").map((one) => one.trim())) {
    if (word !== "") readWord(said, type, word);
  }
  return said;
}

function readWord(said: Said, type: string, word: string): void {
  const reader = WORDS.find(({ form }) => form.test(word));
  if (reader === undefined) throw wrong(`"${word}" is none of the words of a case (docs/policy-cases.md).`);
  reader.read(said, reader.form.exec(word)?.[1] ?? "", type);
}

const check = (id: string, result: "pass" | "fail" | "not_run", why?: string) => ({
  id,
  label: id,
  result,
  by: "gateway",
  ...(why === undefined ? {} : { why }),
});
const document = (sensitive: boolean) => ({
  ref: "r",
  title: "t",
  media: "application/pdf",
  size: 1,
  dig: "d",
  sensitive,
});
const protection = (value: string) => ({
  ...({ id: "p", src: "ehr", sev: "warning", code: PROTECTION, text: "Protected.", ack: false } as const),
  value,
});
const conflict = (label: string, value: string) => ({
  ...({
    id: "f",
    src: "gateway",
    sev: "critical",
    code: "conflict",
    text: "Agent and record differ.",
    ack: true,
    override: true,
  } as const),
  ...{ label, value },
});

/** Every word of a case. */
const WORDS: readonly { readonly form: RegExp; readonly read: (said: Said, rest: string, type: string) => void }[] = [
  { form: /^repeat$/, read: (said) => said.checks.push(check("repeat", "pass"), check("dose-text", "pass")) },
  { form: /^conflict$/, read: (said) => said.facts.push(conflict("Weight", "28")) },
  { form: /^the code means (.+)$/, read: (said, name) => said.facts.push(conflict("Code", name)) },
  { form: /^failed check (\S+)$/, read: (said, id) => said.checks.push(check(id, "fail")) },
  { form: /^missing check (\S+)$/, read: (said, id) => said.checks.push(check(id, "not_run")) },
  { form: /^record changed$/, read: (said) => said.checks.push(check("version", "fail")) },
  { form: /^before (\{.*\})$/, read: (said, members, type) => void (said.before = resource(type, members, true)) },
  { form: /^patient labelled (\S+)$/, read: (said, label) => said.facts.push(protection(label)) },
  { form: /^patient dead$/, read: (said) => void (said.deceased = true) },
  { form: /^document$/, read: (said) => said.attachments.push(document(false)) },
  { form: /^sensitive document$/, read: (said) => said.attachments.push(document(true)) },
  { form: /^asked (\d+)$/, read: (said, n) => void (said.asked = Number(n)) },
  { form: /^denied (\d+)$/, read: (said, n) => void (said.denied = Number(n)) },
  { form: /^steps (.+)$/, read: (said, steps) => void (said.chain = steps.split(/[ ,]+/).map(riskOf)) },
  { form: /^identity (.+)$/, read: (said, reasons) => void (said.identity = reasons.split(/[ ,]+/).map(identityOf)) },
  { form: /^scopes? (.+)$/, read: (said, scopes) => void (said.scopes = scopes.split(/\s+/)) },
  { form: /^started by (\S+)$/, read: (said, person) => void (said.initiator = { kind: "human", person }) },
  { form: /^called (\S+)$/, read: (said, name) => void (said.action = actionNamed(name)) },
  { form: /^agent (\{.*\})$/, read: (said, members) => void (said.agent = { ...AGENT, ...agentOf(members) }) },
];

function riskOf(text: string): (typeof RISKS)[number] {
  const risk = RISKS.find((one) => one === text);
  if (risk === undefined) throw wrong(`"${text}" is no risk. There are: ${RISKS.join(", ")}.`);
  return risk;
}

function identityOf(text: string): IdentityReason {
  const reason = IDENTITY_REASONS.find((one) => one === text);
  if (reason === undefined) throw wrong(`"${text}" is nothing found of an identity: ${IDENTITY_REASONS.join(", ")}.`);
  return reason;
}

function actionNamed(text: string): ActionName {
  const name = ACTION_TYPES.find((one) => one === text);
  if (name === undefined) throw wrong(`"${text}" is no action. There are: ${ACTION_TYPES.join(", ")}.`);
  return name;
}

function agentOf(text: string): Partial<RegisteredAgent> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", `agent ${text} is not JSON.`, { cause });
  }
  const parsed = agentMembers.safeParse(json);
  if (!parsed.success)
    throw wrong(`agent: ${parsed.error.issues[0]?.path.join(".") ?? ""} ${parsed.error.issues[0]?.message ?? ""}`);
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
}

const wrong = (what: string): CountersignError => new CountersignError("E_CLI_INPUT", what);

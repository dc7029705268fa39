import { CountersignError } from "#shared/protocol/error.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

import { actionOf } from "../requests/facts-action.ts";
import { isMembers } from "../requests/facts-json.ts";
import { patientReferences } from "../requests/facts-operation.ts";
import { known } from "../policy/cases/notation.ts";
import { sentencesOf } from "../policy/review/sentences.ts";
import type { PolicyInput } from "../ports.ts";
import { command } from "./command.ts";
import { readDraft } from "./draft.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { policyIn, TEMPLATES_OPTION } from "./policy-set.ts";
import { withKeptRequests } from "./policy-store.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Where a draft's relative address is taken to lie; policy does not look at it. */
const BASE = "https://fhir.invalid/r4";

/** `policy explain WHAT`: which policies determine the answer, in sentences. */
export const policyExplain = command({
  name: "policy explain",
  usage: "DRAFT.json|RID [--policies FOLDER] [--known WORDS] [--data FOLDER] [--templates FOLDER]",
  summary:
    "Says which policies determine the answer to a draft (docs/samples) or to a request that a stopped gateway has kept, by the set of --policies, of the gateway, or of the release.",
  takes: 1,
  options: { ...DATA_OPTION, ...TEMPLATES_OPTION, policies: { type: "string" }, known: { type: "string" } },
  run({ values, words: [what = ""], io }) {
    const isKept = UUID.test(what);
    const data = isKept || values.data !== undefined ? dataFolder(values.data, io) : undefined;
    const policy = policyIn({ policies: values.policies, data, templates: values.templates }, io);
    if (isKept && values.known !== undefined) {
      throw new CountersignError("E_CLI_INPUT", "What was known of a request stands in it: --known is for drafts.");
    }
    const input = isKept
      ? withKeptRequests(data ?? "", (kept) => kept.one(what).input)
      : draftInput(what, values.known ?? "");
    const explained = policy.explain(input);
    for (const sentence of sentencesOf(explained)) io.err(sentence);
    const { verdict, policies } = explained;
    io.out(
      JSON.stringify({
        verdict: verdict.kind,
        ...(verdict.kind === "ask" ? { risk: verdict.risk } : {}),
        policies: policies.map(({ id }) => id),
      }),
    );
    return 0;
  },
});

/** A draft as the gateway would judge it, with what it would know besides in the words of a case. */
function draftInput(file: string, words: string): PolicyInput {
  const draft = readDraft(file);
  const url = URL.canParse(draft.operation.url)
    ? draft.operation.url
    : `${BASE}/${draft.operation.url.replace(/^\/+/, "")}`;
  const operation = { ...draft.operation, url };
  const base = url
    .split("/")
    .slice(0, operation.method === "POST" ? -1 : -2)
    .join("/");
  const type = url.slice(base.length + 1).split("/")[0] ?? "";
  const beside = known(type, words);
  const { gathered } = beside;
  // The patient is whom the operation is about, as the gateway would find.
  const [ref = gathered.patient?.ref ?? ""] = referencesIn(operation.body, base);
  return {
    ...beside,
    gathered: { ...gathered, patient: { name: "", ...gathered.patient, ref } },
    agent: { ...beside.agent, sub: draft.agent },
    ...{ operation, action: draft.action ?? actionOf(operation, base) },
    initiator: draft.initiator ?? beside.initiator,
    attachments: draft.attachments ?? beside.attachments,
    scopes: draft.scopes ?? beside.scopes,
  };
}

function referencesIn(body: string, base: string): readonly string[] {
  const resource = body === "" ? undefined : parseFhir(body);
  return isMembers(resource) ? patientReferences(resource, base) : [];
}

import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { RAR } from "#shared/protocol/names.ts";
import { parseScope } from "#shared/scope/smart-scope.ts";

import { formatTimeToday } from "../clinical/date.ts";
import type { Row, Section } from "../presentation.ts";
import { OBSTACLE_WORDS, SCOPE_WORDS, SECTION_WORDS } from "../words.ts";
import type { Draft } from "./draft.ts";
import { otherMembers } from "./other-members.ts";

const COMMON = ["type", "id", "required"];
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  [RAR.fhirOp]: [
    ...COMMON,
    ..."locations actions datatypes identifier patient content_digest if_match max_uses not_after".split(" "),
  ],
  [RAR.mcpTool]: [...COMMON, ..."locations tools patient content_digest max_uses not_after".split(" ")],
  [RAR.smartScope]: [...COMMON, ..."locations patient scopes not_after".split(" ")],
};

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
const count = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** What the agent may do, each element in a sentence that can be dropped unless it is required (S4, protocol.md 3.9). */
export function scopeSection(draft: Draft): Section {
  const rows = draft.claims.authorization_details.flatMap((element, i) => elementRows(draft, element, i));
  const only = draft.row({
    id: "scope/only",
    prov: "K",
    label: SCOPE_WORDS.limit,
    text: SCOPE_WORDS.nothingElse,
    pointer: "/authorization_details",
  });
  return { id: "scope", title: SECTION_WORDS.scope, prov: "A", rows: [...rows, only] };
}

function elementRows(draft: Draft, element: RarElement, index: number): readonly Row[] {
  const pointer = `/authorization_details/${String(index)}`;
  const grant = { id: element.id, required: element.required === true };
  const known = Object.hasOwn(SHOWN, element.type) ? SHOWN[element.type] : undefined;
  const label = grant.required ? SCOPE_WORDS.required : SCOPE_WORDS.droppable;
  const id = `scope/${element.id}`;
  if (!known) {
    draft.raise(3, OBSTACLE_WORDS.unknownGrant);
    draft.obstacle(pointer, element.type, OBSTACLE_WORDS.unknownGrant);
    const head = draft.row({
      id,
      prov: "A",
      label,
      text: element.type,
      pointer,
      grant,
      alert: { level: "stop", text: OBSTACLE_WORDS.unknownGrant },
    });
    return [head, ...otherMembers(draft, element, pointer, id, "A", COMMON)];
  }
  const rest = otherMembers(draft, element, pointer, id, "A", known);
  if (rest.length > 0) draft.raise(2, OBSTACLE_WORDS.unknownLimit);
  const sentences =
    element.type === RAR.smartScope ? readSentences(draft, element, pointer) : [actSentence(draft, element)];
  const whose = patientAlert(draft, element, pointer);
  return [
    ...sentences.map((text, i) =>
      draft.row({
        id: i === 0 ? id : `${id}/${String(i)}`,
        prov: "A",
        label,
        text: `${text} ${limits(draft, element)}`.trim(),
        pointer,
        grant,
        source: texts(element["locations"]).join(", "),
        ...(whose === undefined ? {} : { alert: { level: "stop", text: whose } }),
      }),
    ),
    ...rest,
  ];
}

/** "Once. Until 14:45 GMT." An operation that is not limited to one use is critical (section 4). */
function limits(draft: Draft, element: RarElement): string {
  const uses = count(element["max_uses"]);
  const until = count(element["not_after"]);
  const { now, facilityZone } = draft.options;
  const acts = element.type !== RAR.smartScope;
  if (acts && uses !== 1) draft.raise(3, OBSTACLE_WORDS.notOnce);
  for (const text of texts(element["locations"])) draft.judge(text, "/authorization_details");
  const words = [
    acts ? (uses === 1 ? SCOPE_WORDS.once : uses === undefined ? SCOPE_WORDS.anyNumber : SCOPE_WORDS.times(uses)) : "",
    until === undefined ? SCOPE_WORDS.noEnd : SCOPE_WORDS.until(formatTimeToday(until, now, facilityZone).text),
  ];
  return words.filter((word) => word !== "").join(" ");
}

function patientAlert(draft: Draft, element: RarElement, pointer: string): string | undefined {
  const [asked, mine] = [element["patient"], draft.claims.patient?.ref];
  if (asked === undefined || asked === mine) return undefined;
  draft.obstacle(pointer, typeof asked === "string" ? asked : "", OBSTACLE_WORDS.otherPatient);
  return OBSTACLE_WORDS.otherPatient;
}

const whose = (element: RarElement): string =>
  typeof element["patient"] === "string" ? SCOPE_WORDS.forPatient : SCOPE_WORDS.anyPatient;

function actSentence(draft: Draft, element: RarElement): string {
  if (element.type === RAR.mcpTool) {
    return SCOPE_WORDS.tool(texts(element["tools"]).join(", "), texts(element["locations"]).join(", "), whose(element));
  }
  const verbs = texts(element["actions"]).map((verb) => {
    const word = Object.hasOwn(SCOPE_WORDS.verbs, verb) ? SCOPE_WORDS.verbs[verb] : undefined;
    if (word === undefined) draft.raise("next", OBSTACLE_WORDS.unknownVerb);
    return word ?? verb;
  });
  const target = element["identifier"];
  const named = typeof target === "string" ? ` (${target})` : "";
  return `${SCOPE_WORDS.act(verbs.join(", "), texts(element["datatypes"]).map(typeName).join(", ") + named, whose(element))}.`;
}

const typeName = (type: string): string =>
  (Object.hasOwn(SCOPE_WORDS.types, type) ? SCOPE_WORDS.types[type] : undefined) ?? type;

function readSentences(draft: Draft, element: RarElement, pointer: string): readonly string[] {
  return texts(element["scopes"]).map((text) => {
    draft.judge(text, `${pointer}/scopes`);
    try {
      const scope = parseScope(text);
      if (scope.kind === "opaque") return SCOPE_WORDS.opaque(text);
      const writes = scope.permissions.some((p) => p === "c" || p === "u" || p === "d");
      if (writes) draft.raise(3, OBSTACLE_WORDS.standingWrite);
      // Whose record it is, the element says; that the scope is of the kind "patient" names nobody.
      const isOne = scope.context === "patient" && typeof element["patient"] === "string";
      if (!isOne) draft.raise(3, OBSTACLE_WORDS.notOnePatient);
      const verbs = scope.permissions.map((p) => SCOPE_WORDS.permissions[p]).join(", ");
      const narrowed = scope.constraints
        .map(({ name, values }) => `${name} ${values.map(shortValue).join(", ")}`)
        .join("; ");
      const about = isOne ? SCOPE_WORDS.forPatient : SCOPE_WORDS.anyPatient;
      const what = scope.type === "*" ? SCOPE_WORDS.everything : typeName(scope.type);
      return `${SCOPE_WORDS.act(verbs, narrowed === "" ? what : `${what} (${narrowed})`, about)}.`;
    } catch (e) {
      if (!(e instanceof CountersignError)) throw e;
      draft.obstacle(`${pointer}/scopes`, text, OBSTACLE_WORDS.unknownGrant);
      return text;
    }
  });
}

/** A code after its system: `laboratory` for `http://…/observation-category|laboratory`; the raw view has it whole. */
const shortValue = (value: string): string => /^http:\/\/terminology\.hl7\.org\/\S+\|(\S+)$/.exec(value)?.[1] ?? value;

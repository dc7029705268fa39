import { formatAge, formatFhirDate } from "../clinical/date.ts";
import { formatIdentifier, formatPersonName, isNhsNumber, NHS_NUMBER_SYSTEM } from "../clinical/person.ts";
import type { Section } from "../presentation.ts";
import { OBSTACLE_WORDS, SECTION_WORDS, WHO_WORDS } from "../words.ts";
import type { Draft, RowInput } from "./draft.ts";
import { otherMembers } from "./other-members.ts";

const SHOWN = "ref name birthDate mrn sex family given prefix identifiers deceased".split(" ");

/** Who it is for: the record's words, every identifier, nothing cut short. */
export function whoSection(draft: Draft): Section {
  const { patient } = draft.claims;
  const base = { prov: "R", binding: true } as const;
  const rows: RowInput[] = [];
  const put = (id: string, label: string, text: string | undefined, more: Partial<RowInput> = {}) => {
    if (text !== undefined && text !== "")
      rows.push({ ...base, id: `who/${id}`, label, text, pointer: `/patient/${id}`, ...more });
  };
  if (!patient) {
    rows.push({ id: "who/none", prov: "K", label: WHO_WORDS.patient, text: WHO_WORDS.noPatient, pointer: "/patient" });
    return { id: "who", title: SECTION_WORDS.who, prov: "R", rows: rows.map((row) => draft.row(row)) };
  }
  const zone = draft.options.facilityZone;
  const shownName = formatPersonName(patient);
  put("name", WHO_WORDS.name, shownName, {
    isName: true,
    ...(sameWords(shownName, patient.name) ? {} : { asSent: patient.name }),
  });
  draft.judgeName(patient.name, "/patient/name");
  for (const name of ["family", "prefix"] as const)
    if (patient[name] !== undefined) draft.judgeName(patient[name], `/patient/${name}`);
  for (const given of patient.given ?? []) draft.judgeName(given, "/patient/given");
  if (patient.birthDate !== undefined) {
    const { display } = formatFhirDate(patient.birthDate, zone);
    const dead = patient.deceased !== undefined && patient.deceased !== false;
    const age = dead ? undefined : formatAge(patient.birthDate, draft.options.now, zone);
    put("birthDate", WHO_WORDS.born, age === undefined ? display : `${display} (${age})`);
  }
  if (patient.deceased !== undefined && patient.deceased !== false) {
    draft.raise(3, WHO_WORDS.deceased);
    const when = patient.deceased === true ? WHO_WORDS.deceased : formatFhirDate(patient.deceased, zone).display;
    put("deceased", WHO_WORDS.died, when, { alert: { level: "warning", text: WHO_WORDS.deceased } });
  }
  put("sex", WHO_WORDS.gender, patient.sex);
  for (const [i, { system, value, label }] of (patient.identifiers ?? []).entries()) {
    const isNhs = system === NHS_NUMBER_SYSTEM;
    const odd = isNhs && !isNhsNumber(value.replaceAll(" ", ""));
    put(
      `identifiers/${String(i)}`,
      isNhs ? WHO_WORDS.nhsNumber : WHO_WORDS.identifier,
      formatIdentifier(system, value),
      {
        role: "identifier",
        ...(isNhs ? {} : { source: label }),
        ...(odd ? { alert: { level: "warning", text: WHO_WORDS.oddNhsNumber } } : {}),
      },
    );
    draft.judgeRecord(label, `/patient/identifiers/${String(i)}/label`);
  }
  // The same number twice would look like two.
  const isListed = (patient.identifiers ?? []).some(({ value }) => value === patient.mrn);
  put("mrn", WHO_WORDS.mrn, isListed ? undefined : patient.mrn, { role: "identifier" });
  put("ref", WHO_WORDS.ref, patient.ref);
  // Name, birth date and numbers tell people apart; sex and the record's own address do not.
  const telling = rows.filter(({ id }) => /^who\/(?:name|birthDate|mrn|identifiers\/)/.test(id));
  if (telling.length < 2) draft.obstacle("/patient", "", OBSTACLE_WORDS.fewIdentifiers);
  return {
    id: "who",
    title: SECTION_WORDS.who,
    prov: "R",
    rows: [...rows.map((row) => draft.row(row)), ...otherMembers(draft, patient, "/patient", "who", "R", SHOWN)],
  };
}

/** Whether two writings of a name hold the same words, but for case, order and punctuation. */
function sameWords(a: string, b: string): boolean {
  const words = (text: string) => (text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).sort().join(" ");
  return words(a.replace(/ \([^)]*\)$/, "")) === words(b) || words(a) === words(b);
}

import type { RequestClaims } from "#shared/protocol/claims/request.ts";

type Patient = NonNullable<RequestClaims["patient"]>;

const nhs = (value: string): NonNullable<Patient["identifiers"]> => [
  { system: "https://fhir.nhs.uk/Id/nhs-number", value, label: "NHS No." },
];

/** Synthetic people with numbers of the test range. */
export const WATERS: Patient = {
  ref: "Patient/waters-shauna",
  name: "WATERS, Shauna (Mrs)",
  family: "Waters",
  given: ["Shauna"],
  prefix: "Mrs",
  birthDate: "1945-07-14",
  sex: "female",
  mrn: "NG-104311",
  identifiers: nhs("9997287657"),
};

export const EVANS: Patient = {
  ref: "Patient/evans-gareth",
  name: "EVANS, Gareth (Mr)",
  family: "Evans",
  given: ["Gareth"],
  prefix: "Mr",
  birthDate: "1990-03-02",
  sex: "male",
  identifiers: nhs("9991142088"),
};

export const JONES: Patient = {
  ref: "Patient/jones-mair",
  name: "JONES, Mair (Ms)",
  family: "Jones",
  given: ["Mair"],
  prefix: "Ms",
  birthDate: "1961-11-30",
  sex: "female",
  mrn: "NG-104276",
  identifiers: nhs("9995306611"),
};

export const OKORO: Patient = {
  ref: "Patient/okoro-tunde",
  name: "OKORO, Tunde",
  family: "Okoro",
  given: ["Tunde"],
  birthDate: "2018-05-09",
  sex: "male",
  identifiers: nhs("9994448811"),
};

export const HADDAD: Patient = {
  ref: "Patient/haddad-layla",
  name: "حداد, ليلى",
  family: "حداد",
  given: ["ليلى"],
  birthDate: "1974-02-18",
  sex: "female",
  identifiers: nhs("9997700422"),
};

export const FRASER: Patient = {
  ref: "Patient/fraser-iain",
  name: "FRASER, Iain (Mr)",
  family: "Fraser",
  given: ["Iain"],
  prefix: "Mr",
  birthDate: "1938-01-27",
  sex: "male",
  deceased: "2026-11-22",
  identifiers: nhs("9993351199"),
};

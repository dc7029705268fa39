import type { Coding } from "./resources.ts";

const HL7 = "http://terminology.hl7.org/CodeSystem";
const DICOM = "http://dicom.nema.org/resources/ontology/DCM";
const BALP = "https://profiles.ihe.net/ITI/BALP";

const coding = (system: string, code: string, display: string): Coding => ({ system, code, display });
const participation = (code: string, display: string): Coding => coding(`${HL7}/v3-ParticipationType`, code, display);

/** What kind of event: FHIR's own list, DICOM's, and the authorisation codes of IHE BALP 1.1.3. */
export const EVENT = {
  rest: coding(`${HL7}/audit-event-type`, "rest", "RESTful Operation"),
  application: coding(DICOM, "110100", "Application Activity"),
  securityAlert: coding(DICOM, "110113", "Security Alert"),
  authorizationByRole: coding(
    `${BALP}/CodeSystem/AuthZsubType`,
    "AuthZ-Role",
    "Authorization Decision using only Roles",
  ),
} as const;

/** What somebody or something was in an event. */
export const PART = {
  application: coding(DICOM, "110150", "Application"),
  destination: coding(DICOM, "110152", "Destination Role ID"),
  source: coding(DICOM, "110153", "Source Role ID"),
  recipient: participation("IRCP", "information recipient"),
  verifier: participation("VRF", "verifier"),
  device: participation("DEV", "device"),
  authorizer: coding(`${HL7}/extra-security-role-type`, "authserver", "authorization server"),
  /** The server's part in a delete (BALP's Delete pattern alone). */
  custodian: coding(`${HL7}/provenance-participant-type`, "custodian", "Custodian"),
  author: coding(`${HL7}/provenance-participant-type`, "author", "Author"),
  approver: coding(`${HL7}/provenance-participant-type`, "verifier", "Verifier"),
} as const;

export const ENTITY = {
  person: coding(`${HL7}/audit-entity-type`, "1", "Person"),
  systemObject: coding(`${HL7}/audit-entity-type`, "2", "System Object"),
  other: coding(`${HL7}/audit-entity-type`, "4", "Other"),
} as const;

export const ROLE = {
  patient: coding(`${HL7}/object-role`, "1", "Patient"),
  domainResource: coding(`${HL7}/object-role`, "4", "Domain Resource"),
  job: coding(`${HL7}/object-role`, "20", "Job"),
  query: coding(`${HL7}/object-role`, "24", "Query"),
} as const;

export const SOURCE = {
  securityServer: coding(`${HL7}/security-source-type`, "6", "Security Server"),
} as const;

/** What was not checked is labelled so (approval-experience.md 11, "claims"). */
export const UNVERIFIED = coding(`${HL7}/v3-ObservationValue`, "UNCERTREL", "uncertain reliability");

export const purposeOfUse = (code: string): Coding => ({ system: `${HL7}/v3-ActReason`, code });

export const interaction = (code: string): Coding => coding("http://hl7.org/fhir/restful-interaction", code, code);

export const OPERATION = {
  create: coding(`${HL7}/v3-DataOperation`, "CREATE", "create"),
  update: coding(`${HL7}/v3-DataOperation`, "UPDATE", "revise"),
  delete: coding(`${HL7}/v3-DataOperation`, "DELETE", "delete"),
} as const;

export const VERIFICATION_SIGNATURE = coding(
  "urn:iso-astm:E1762-95:2013",
  "1.2.840.10065.1.12.1.5",
  "Verification Signature",
);

/** Canonical address of a BALP profile, which a server may check. */
export const balpProfile = (name: string): string => `${BALP}/StructureDefinition/IHE.BasicAudit.${name}`;

/** FHIR R4 (4.0.1) as far as this project writes it: `AuditEvent`, `Provenance` and the `Bundle` that carries them. */

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}
export interface CodeableConcept {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}
export interface Identifier {
  readonly system?: string;
  readonly value: string;
}
export interface Reference {
  /** `Type/id`, relative to the record it is written into. */
  readonly reference?: string;
  readonly type?: string;
  readonly identifier?: Identifier;
  readonly display?: string;
}

interface Resource {
  readonly id?: string;
  readonly meta?: { readonly profile: readonly string[] };
}

export interface AuditAgent {
  readonly type: CodeableConcept;
  readonly role?: readonly CodeableConcept[];
  readonly who: Reference;
  readonly altId?: string;
  readonly name?: string;
  readonly requestor: boolean;
  readonly policy?: readonly string[];
  readonly network?: { readonly address: string; readonly type: "1" | "2" | "5" };
}
export interface AuditDetail {
  readonly type: string;
  readonly valueString: string;
}
export interface AuditEntity {
  readonly what?: Reference;
  readonly type: Coding;
  readonly role?: Coding;
  readonly securityLabel?: readonly Coding[];
  readonly description?: string;
  /** base64; never together with `name` (invariant sev-1). */
  readonly query?: string;
  readonly detail?: readonly AuditDetail[];
}
export interface AuditEvent extends Resource {
  readonly resourceType: "AuditEvent";
  readonly type: Coding;
  readonly subtype: readonly Coding[];
  readonly action: "C" | "R" | "U" | "D" | "E";
  readonly period?: { readonly start: string; readonly end: string };
  readonly recorded: string;
  readonly outcome: "0" | "8";
  readonly outcomeDesc?: string;
  readonly purposeOfEvent?: readonly CodeableConcept[];
  readonly agent: readonly AuditAgent[];
  readonly source: { readonly observer: Reference; readonly site?: string; readonly type: readonly Coding[] };
  readonly entity: readonly AuditEntity[];
}

export interface Signature {
  readonly type: readonly Coding[];
  readonly when: string;
  readonly who: Reference;
  readonly targetFormat: string;
  readonly sigFormat: string;
  /** base64 of the compact JWS's ASCII. */
  readonly data: string;
}
export interface Provenance extends Resource {
  readonly resourceType: "Provenance";
  readonly target: readonly Reference[];
  readonly recorded: string;
  readonly activity: CodeableConcept;
  readonly agent: readonly {
    readonly type: CodeableConcept;
    readonly who: Reference;
    readonly onBehalfOf?: Reference;
  }[];
  readonly entity: readonly { readonly role: "source"; readonly what: Reference }[];
  readonly signature: readonly Signature[];
}

export interface AuditBundle {
  readonly resourceType: "Bundle";
  readonly type: "collection";
  readonly timestamp: string;
  readonly entry: readonly { readonly fullUrl: string; readonly resource: AuditEvent | Provenance }[];
}

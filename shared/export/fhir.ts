import { decisionAudit } from "#shared/fhir/decision-audit.ts";
import { instant, type VerifiedDecision } from "#shared/fhir/references.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { NAMESPACE } from "#shared/protocol/names.ts";
import type { ExportAbout } from "./about.ts";
import type { ReadDecision, ReadItem } from "./read-item.ts";
import type { ExportWriter } from "./writer.ts";

/**
 * A FHIR R4 `Bundle` of one `AuditEvent` for each recorded decision (protocol.md 3.17). FHIR has no word for evidence that
 * did not verify: such rows are left out and counted, and so are rows whose decision the gateway withheld, or that were erased.
 */
export function fhirWriter(about: ExportAbout): ExportWriter {
  const { export: id, made_at, gateway, identifiers, purpose } = about;
  const form = identifiers ? "full" : "without-patient";
  const head = JSON.stringify({
    resourceType: "Bundle",
    identifier: { system: `${NAMESPACE}export`, value: id },
    type: "collection",
    timestamp: instant(made_at),
  });
  let [any, leftOut] = [false, 0];
  return {
    get leftOut() {
      return leftOut;
    },
    // With the first entry: FHIR has no empty lists, and whether there is one is not known yet.
    begin: () => [],
    row(read) {
      const { claims, digest } = read;
      const recorded = read.decisions.filter(({ receipt }) => receipt.result === "recorded");
      const verified = isVerified(read) ? recorded.flatMap(verifiedOf) : [];
      if (verified.length < recorded.length) leftOut++;
      if (claims === undefined) return [];
      return verified.map((decision) => {
        const resource = decisionAudit({ gateway, request: { claims, digest }, decision, form, purpose: purpose.code });
        const entry = JSON.stringify({ fullUrl: `urn:uuid:${decision.claims.jti}`, resource });
        const written = `${any ? "," : `${head.slice(0, -1)},"entry":[`}\n${entry}`;
        any = true;
        return encodeUtf8(written);
      });
    },
    end: () => [encodeUtf8(any ? "\n]}\n" : `${head}\n`)],
  };
}

const isVerified = ({ verdict, claims }: ReadItem): boolean =>
  claims !== undefined && (verdict.kind === "valid" || verdict.kind === "valid_retired");

function verifiedOf({ claims, digest, jws, approver, receipt }: ReadDecision): VerifiedDecision[] {
  if (claims === undefined || jws === undefined) return [];
  return [{ claims, digest, jws, receipt, ...(approver === undefined ? {} : { approver }) }];
}

import { encodeBase64 } from "#shared/protocol/base64url.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { PART, VERIFICATION_SIGNATURE } from "./codes.ts";
import { interactionOf } from "./interactions.ts";
import {
  agentReference,
  digestReference,
  instant,
  personReference,
  type VerifiedDecision,
  type VerifiedRequest,
} from "./references.ts";
import type { Provenance } from "./resources.ts";

export interface ProvenanceInput {
  readonly request: VerifiedRequest;
  /** At least one. */
  readonly approvals: readonly [VerifiedDecision, ...VerifiedDecision[]];
  /** `Type/id`, with `/_history/version` where that is known. */
  readonly resource: string;
  /** Unix seconds of the execution's end. */
  readonly at: number;
}

/**
 * Where an executed change comes from (protocol.md 3.17): the agent is its author, on behalf of whoever asked it, each
 * approver a verifier, and each signed decision, which names the request by its digest, stands as a FHIR `Signature` in
 * JOSE form. Undefined for a call of a tool: nothing in the record is known to be its work.
 */
export function provenance({ request, approvals, resource, at }: ProvenanceInput): Provenance | undefined {
  const { agent, action, initiator } = request.claims;
  const interaction = interactionOf(action.op.method);
  if (interaction === undefined) return undefined;
  const person = initiator?.person ?? agent.obo;
  return {
    resourceType: "Provenance",
    target: [{ reference: resource }],
    recorded: instant(at),
    activity: { coding: [interaction.activity] },
    agent: [
      {
        type: { coding: [PART.author] },
        who: agentReference(agent),
        ...(person === undefined ? {} : { onBehalfOf: personReference(person) }),
      },
      ...approvals.map(({ claims, approver }) => ({
        type: { coding: [PART.approver] },
        who: personReference(claims.sub, approver?.name),
      })),
    ],
    entity: [{ role: "source", what: digestReference(request.digest) }],
    signature: approvals.map(({ claims, approver, jws }) => ({
      type: [VERIFICATION_SIGNATURE],
      when: instant(claims.iat),
      who: personReference(claims.sub, approver?.name),
      targetFormat: "application/fhir+json",
      sigFormat: "application/jose",
      data: encodeBase64(encodeUtf8(jws)),
    })),
  };
}

import type { RequestClaims } from "../claims/request.ts";
import type { Crypto } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";
import type { Template } from "../template.ts";
import { checkDigests } from "./digests.ts";
import { checkKnown } from "./known.ts";
import { lineageOf, type AcceptMemory } from "./lineage.ts";
import { checkAddressedNow, openRequest, type AcceptedGateway, type OpenedRequest } from "./open.ts";
import { inspectOperation, type Inspected } from "./operation.ts";
import { checkPolicyClaim, checkTemplate, type TemplateSource } from "./policy-and-template.ts";
import { unverifiedName } from "./refusal.ts";
import { hiddenTexts, type FindHidden } from "./text.ts";

export interface AcceptInput {
  readonly crypto: Crypto;
  readonly jws: string;
  /** The gateway this connection is with. */
  readonly gateway: AcceptedGateway;
  /** Pools as bare names. */
  readonly me: { readonly sub: string; readonly pools: readonly string[] };
  /** Gateway time, Unix seconds. */
  readonly now: number;
  readonly skewS?: number;
  /** What is remembered of this gateway. */
  readonly memory: AcceptMemory;
  readonly templates: TemplateSource;
  readonly findHidden: FindHidden;
}

/** One reason why a request can be read and denied but not approved. */
export interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
  /** Where in the claims, as far as it is one place. */
  readonly at?: string;
}

export type Acceptance =
  | (Listed & { readonly kind: "accepted"; readonly template: Template })
  /** C8's fork or any of C9–C14: listed, readable, deniable, not approvable. `code` is that of the first step. */
  | (Listed & {
      readonly kind: "quarantined";
      readonly code: ErrorCode;
      readonly findings: readonly Finding[];
      readonly template?: Template;
    })
  /** C1–C7: not listed, counted for IT, answered with `action.view {state: "rejected"}`. */
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      readonly message: string;
      /** As the payload says, unverified before C5; absent where it cannot be read. */
      readonly rid?: string;
      readonly rev?: number;
    }
  /** C8: an older revision, or one that has ended. Nothing is wrong and nothing is shown. */
  | { readonly kind: "ignored"; readonly why: "older" | "ended"; readonly rid: string; readonly rev: number };

export interface Listed {
  readonly claims: RequestClaims;
  /** `jdig` of the request. */
  readonly digest: string;
  /** The gateway key that signed it. */
  readonly kid: string;
  /** True when these very bytes were seen before. */
  readonly repeated: boolean;
  /** What could be parsed of the operation. */
  readonly inspected: Inspected;
}

/**
 * The client's acceptance, C1 to C14 in order (protocol.md 3.5). Pure: what it may remember it says by its result; the
 * caller stores the revision for `accepted` and `quarantined`, and policy and template versions for `accepted` only.
 */
export function acceptRequest(input: AcceptInput): Acceptance {
  let opened: OpenedRequest;
  try {
    opened = openRequest(input.crypto, input.jws, input.gateway, input.now);
    checkAddressedNow(opened.claims, { ...input, iss: input.gateway.iss });
  } catch (e) {
    if (!(e instanceof CountersignError)) throw e;
    return { kind: "refused", code: e.code, message: e.message, ...unverifiedName(input.jws) };
  }
  const { claims, digest, kid } = opened;
  const lineage = lineageOf(opened, input.memory);
  if (lineage === "older" || lineage === "ended") {
    return { kind: "ignored", why: lineage, rid: claims.rid, rev: claims.rev };
  }
  const { findings, inspected, template } = inspect(input, opened);
  if (lineage === "fork") findings.unshift({ code: "E_REQ_FORK", message: "E_REQ_FORK" });
  const listed = { claims, digest, kid, repeated: lineage === "repeated", inspected };
  const [first] = findings;
  if (first === undefined && template) return { kind: "accepted", ...listed, template };
  return {
    kind: "quarantined",
    ...listed,
    code: first?.code ?? "E_DSP_TEMPLATE",
    findings,
    ...(template ? { template } : {}),
  };
}

/** C9–C14, each on its own, so that a person is told everything that is wrong. */
function inspect(
  { crypto, gateway, memory, templates, findHidden }: AcceptInput,
  { claims, csx }: OpenedRequest,
): { readonly findings: Finding[]; readonly inspected: Inspected; readonly template: Template | undefined } {
  const findings: Finding[] = [];
  const step = <T>(run: () => T): T | undefined => {
    try {
      return run();
    } catch (e) {
      if (!(e instanceof CountersignError)) throw e;
      findings.push({ code: e.code, message: e.message });
      return undefined;
    }
  };
  step(() => checkDigests(crypto, claims));
  const inspected = step(() => inspectOperation(claims)) ?? {};
  step(() => checkPolicyClaim(crypto, claims, memory));
  const template = step(() =>
    checkTemplate(crypto, claims, {
      builtin: (dig) => templates.builtin(dig),
      fetched: (dig) => templates.fetched(dig),
      vouched: gateway.claims.templates,
      memory,
    }),
  );
  step(() => checkKnown(claims, csx));
  for (const { at, tokens } of hiddenTexts(claims, inspected, findHidden)) {
    findings.push({ code: "E_DSP_TEXT", message: `Hidden characters: ${tokens.join(" ")}`, at });
  }
  return { findings, inspected, template };
}

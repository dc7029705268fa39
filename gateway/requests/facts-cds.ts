import { randomUUID } from "node:crypto";

import type { Signer } from "#shared/crypto/sign.ts";
import type { ActionName } from "#shared/protocol/names.ts";

import { readAnswer } from "../executor/answer.ts";
import type { Clock, FactsPort, Gathered, RequestDraft } from "../ports.ts";
import { findingsOf, notChecked, type CdsFindings, type NamedService } from "./facts-cds-cards.ts";

/** One CDS service that an operator chose: no other is ever asked, whatever a service or an agent says. */
export interface CdsService extends NamedService {
  /** Its whole address, `…/cds-services/{id}`. */
  readonly url: string;
  readonly hook: "order-select" | "order-sign";
  readonly timeoutMs?: number;
}

export interface CdsOptions {
  readonly services: readonly CdsService[];
  /** Who is said to ask (`context.userId`): a FHIR reference, e.g. `PractitionerRole/agents`. */
  readonly userId: string;
  /** Issuer of the gateway: `iss` of the JWT, and where `jku` points. */
  readonly iss: string;
  readonly signer: Signer;
  /** Told to services as `fhirServer`; no access to it is given. */
  readonly fhirBase: string;
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

const TIMEOUT_MS = 5000;
const TOKEN_LIFE_S = 60;
/** What is a draft order: a resource as it would be written. */
const ORDERS: ReadonlySet<ActionName> = new Set(["order.create", "order.modify", "referral.create"]);

/**
 * CDS Hooks 2.0 as a provider of facts (standards.md 1.4): each configured service is asked about an order before a person
 * is, all at once, and its cards stand in the request with their source's name. A service that is late, away or makes no
 * sense is a check that was not run; it never stops a request and never passes for a yes.
 */
export function factsWithCds(record: FactsPort, options: CdsOptions): FactsPort {
  return {
    async gather(draft, action) {
      const gathered = await record.gather(draft, action);
      if (!ORDERS.has(action)) return gathered;
      const found = await Promise.all(options.services.map((service) => ask(service, draft, gathered, options)));
      return {
        ...gathered,
        facts: [...gathered.facts, ...found.flatMap(({ facts }) => facts)],
        checks: [...gathered.checks, ...found.map(({ check }) => check)],
      };
    },
  };
}

async function ask(
  service: CdsService,
  { operation }: RequestDraft,
  { patient }: Gathered,
  { iss, signer, userId, fhirBase, clock, ...options }: CdsOptions,
): Promise<CdsFindings> {
  if (patient === undefined || (operation.method !== "POST" && operation.method !== "PUT")) {
    return notChecked(service, "The service takes whole orders, and this is not one.");
  }
  const now = Math.floor(clock.nowMs() / 1000);
  try {
    const response = await (options.fetch ?? globalThis.fetch)(service.url, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        authorization: `Bearer ${clientJwt(signer, { iss, aud: service.url, now })}`,
      },
      body: bodyOf(service, operation.body, { userId, patientId: patient.ref.slice("Patient/".length), fhirBase }),
      // SECURITY: an order goes to the configured service and to no other.
      redirect: "error",
      signal: AbortSignal.timeout(service.timeoutMs ?? TIMEOUT_MS),
    });
    const { status, body, cut } = await readAnswer(response);
    if (status !== 200 || cut === true) return notChecked(service, `The service answered ${String(status)}.`);
    return findingsOf(service, body, now) ?? notChecked(service, "The service's answer is not one of CDS Hooks.");
  } catch (fault) {
    const isLate = fault instanceof Error && fault.name === "TimeoutError";
    return notChecked(service, isLate ? "The service did not answer in time." : "The service could not be reached.");
  }
}

/**
 * The order as exact text (numbers keep their digits); where it has no id yet it gets one for this call, because
 * order-select names what was selected by it.
 */
function bodyOf(
  { hook }: CdsService,
  order: string,
  { userId, patientId, fhirBase }: { readonly userId: string; readonly patientId: string; readonly fhirBase: string },
): string {
  const [, type = ""] = /"resourceType"\s*:\s*"([A-Za-z]{1,64})"/.exec(order) ?? [];
  const [, ownId] = /^\s*\{[^{}[\]]*?"id"\s*:\s*"([A-Za-z0-9.-]{1,64})"/.exec(order) ?? [];
  const named = ownId === undefined ? order.replace(/^\s*\{/, '{"id":"draft-1",') : order;
  const context = JSON.stringify({
    ...{ userId, patientId },
    ...(hook === "order-select" ? { selections: [`${type}/${ownId ?? "draft-1"}`] } : {}),
  });
  const draftOrders = `{"resourceType":"Bundle","type":"collection","entry":[{"resource":${named}}]}`;
  const frame = JSON.stringify({ hook, hookInstance: randomUUID(), fhirServer: fhirBase });
  return `${frame.slice(0, -1)},"context":${context.slice(0, -1)},"draftOrders":${draftOrders}}}`;
}

/** CDS Hooks 2.0, "Trusting CDS Clients": a JWT for this service alone, one minute, each once. */
function clientJwt(
  signer: Signer,
  { iss, aud, now }: { readonly iss: string; readonly aud: string; readonly now: number },
): string {
  const header = { alg: signer.alg, typ: "JWT", kid: signer.kid, jku: `${iss}/countersign/v1/jwks.json` };
  const claims = { iss, aud, iat: now, exp: now + TOKEN_LIFE_S, jti: randomUUID() };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${Buffer.from(signer.signBytes(Buffer.from(input))).toString("base64url")}`;
}

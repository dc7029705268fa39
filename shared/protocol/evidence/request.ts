import { checkDigests } from "../accept/digests.ts";
import { checkKnown } from "../accept/known.ts";
import { openRequest, type OpenedRequest } from "../accept/open.ts";
import { inspectOperation } from "../accept/operation.ts";
import { checkPolicyClaim, checkTemplate } from "../accept/policy-and-template.ts";
import { hiddenTexts, type FindHidden } from "../accept/text.ts";
import type { Crypto } from "../crypto-port.ts";
import { templateDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { template as templateSchema, type Template } from "../template.ts";
import { need, type StepLog } from "./steps.ts";
import type { Vouched } from "./vouched.ts";

/** C1–C7 as far as they need no approver and no clock: V13 and V15 judge those. */
export function readRequest(
  log: StepLog,
  crypto: Crypto,
  jws: string,
  { gateway, keys }: Vouched,
): OpenedRequest | undefined {
  const opened = log.run("request C1-C5", () => {
    // The signing time is inside: first by any key of the gateway, then by the time it says.
    const request = openRequest(crypto, jws, keys, 0);
    need(keys.keyFor("request", request.kid, request.claims.iat) !== undefined, "E_GW_KEY", "The key was retired.");
    return request;
  });
  if (!opened) return undefined;
  const { claims } = opened;
  log.run("request C6", () => need(claims.iss === gateway.sub, "E_CLM_AUD", "Another gateway's request."));
  log.run("request C7", () => {
    need(claims.iat <= gateway.exp, "E_GW_CRED", "The gateway's credential had expired.");
    need(claims.exp > claims.iat && claims.exp - claims.iat <= 24 * 3600, "E_CLM_LIFETIME", "It waits too long.");
  });
  log.skip("request C8", "state");
  return opened;
}

/** Each template in the bundle is the request's: whole, and nothing beside it. */
export function readTemplates(
  log: StepLog,
  crypto: Crypto,
  templates: readonly unknown[],
  request: OpenedRequest,
): Template | undefined {
  const read = templates.map((value, i) =>
    log.run(`templates/${i}`, () => {
      const parsed = templateSchema.safeParse(value);
      if (!parsed.success) throw new CountersignError("E_DSP_TEMPLATE");
      const same = templateDigest(crypto, parsed.data) === request.claims.display.tpl_dig;
      need(same, "E_DSP_TEMPLATE", "It is not the request's template.");
      return parsed.data;
    }),
  );
  return read[0];
}

/** C9–C14 without memory. @returns the template the decision was made through */
export function inspectRequest(
  log: StepLog,
  crypto: Crypto,
  { claims, csx }: OpenedRequest,
  { gateway }: Vouched,
  source: { readonly template: Template | undefined; readonly builtin: readonly Template[] },
  findHidden: FindHidden | undefined,
): Template | undefined {
  log.run("request C9", () => checkDigests(crypto, claims));
  const inspected = log.run("request C10", () => inspectOperation(claims)) ?? {};
  log.run("request C11", () => checkPolicyClaim(crypto, claims));
  log.skip("request C11 rollback", "state");
  const template = log.run("request C12", () =>
    checkTemplate(crypto, claims, {
      builtin: (dig) => source.builtin.find((t) => templateDigest(crypto, t) === dig),
      fetched: () => source.template,
      vouched: gateway.templates,
    }),
  );
  log.run("request C13", () => checkKnown(claims, csx));
  if (!findHidden) {
    log.skip("request C14", "classifier");
    return template;
  }
  log.run("request C14", () => {
    const [first] = hiddenTexts(claims, inspected, findHidden);
    if (first) throw new CountersignError("E_DSP_TEXT", `${first.at}: ${first.tokens.join(" ")}`);
  });
  return template;
}

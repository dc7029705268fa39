import type { GatewayClaims } from "../claims/credential.ts";
import type { RequestClaims } from "../claims/request.ts";
import type { Crypto } from "../crypto-port.ts";
import { policyDigest, templateDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { unresolvedPointers } from "../template-pointer.ts";
import type { Template } from "../template.ts";
import type { AcceptMemory } from "./lineage.ts";

/**
 * C11: the policy is what its digest says, and not older than one already seen.
 * @throws CountersignError `E_POL_MISMATCH`, `E_POL_ROLLBACK`
 */
export function checkPolicyClaim(
  crypto: Crypto,
  { policy }: RequestClaims,
  memory?: Pick<AcceptMemory, "policyVersion">,
): void {
  if (policyDigest(crypto, policy) !== policy.dig) throw new CountersignError("E_POL_MISMATCH");
  // SECURITY: no policy rollback, protocol.md C11 (T-14).
  if (policy.ver < (memory?.policyVersion(policy.id) ?? 0)) throw new CountersignError("E_POL_ROLLBACK");
}

/** Templates by digest: those that ship with the app, and those fetched from a gateway's registry. */
export interface TemplateSource {
  builtin(tplDig: string): Template | undefined;
  fetched(tplDig: string): Template | undefined;
}

/**
 * C12: a template the app ships or the directory vouches for, whole, with the statement the person signs.
 * @throws CountersignError `E_DSP_TEMPLATE`
 */
export function checkTemplate(
  crypto: Crypto,
  claims: RequestClaims,
  source: TemplateSource & {
    readonly vouched: GatewayClaims["templates"];
    readonly memory?: Pick<AcceptMemory, "templateVersion"> | undefined;
  },
): Template {
  const { display } = claims;
  const refuse = (why: string): never => {
    throw new CountersignError("E_DSP_TEMPLATE", why);
  };
  const template =
    source.builtin(display.tpl_dig) ??
    (source.vouched.includes(display.tpl_dig) ? source.fetched(display.tpl_dig) : undefined) ??
    refuse("The template is neither built in nor vouched for by the directory, or could not be fetched.");
  // SECURITY: its digest is a template's only authority, protocol.md 3.6.
  if (templateDigest(crypto, template) !== display.tpl_dig) refuse("The template has another digest.");
  if (template.id !== display.tpl || template.ver !== display.tpl_ver) refuse("The template is another one.");
  if (template.ver < (source.memory?.templateVersion(template.id) ?? 0)) refuse("The template is an older version.");
  if (template.statement !== display.statement) refuse("The statement is not the template's.");
  const [missing] = unresolvedPointers(claims, template.must_show);
  if (missing !== undefined) refuse(`What must be shown is missing: ${missing}`);
  return template;
}

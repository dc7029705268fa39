import type { DecisionClaims } from "../claims/decision.ts";
import type { PolicyClaim, RequestClaims } from "../claims/request.ts";
import type { Crypto } from "../crypto-port.ts";
import { viewDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import type { Template } from "../template.ts";

/**
 * V20: which template over which bytes in which language the client says it showed, whole (protocol.md 3.6).
 * @throws CountersignError `E_DSP_TEMPLATE`, `E_DSP_VIEW`, `E_DSP_INCOMPLETE`
 */
export function checkView(
  crypto: Crypto,
  { shown }: DecisionClaims,
  request: { readonly claims: RequestClaims; readonly dig: string },
  templateOf: (tplDig: string) => Template | undefined,
): void {
  // SECURITY: no template downgrade, protocol.md V20 (T-14).
  const tplDig = request.claims.display.tpl_dig;
  const template = shown?.tpl_dig === tplDig ? templateOf(tplDig) : undefined;
  if (!shown || !template) throw new CountersignError("E_DSP_TEMPLATE");
  const expected = viewDigest(crypto, { tplDig, reqDig: request.dig, lang: shown.lang, must: template.must_show });
  if (shown.view_dig !== expected) throw new CountersignError("E_DSP_VIEW");
  if (!shown.complete) throw new CountersignError("E_DSP_INCOMPLETE");
}

/** V23. @throws CountersignError `E_KEY_CLASS` */
export function checkKeyClass(keyStorage: string, { key_storage }: PolicyClaim): void {
  if (key_storage && !key_storage.includes(keyStorage)) throw new CountersignError("E_KEY_CLASS");
}

/** V24. @throws CountersignError `E_DWELL` */
export function checkDwell({ dwell }: DecisionClaims, { min_dwell_ms: least = 0 }: PolicyClaim): void {
  if (least > 0 && (dwell?.ms ?? 0) < least) throw new CountersignError("E_DWELL");
}

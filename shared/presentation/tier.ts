import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Template } from "#shared/protocol/template.ts";

import { Draft } from "./present/draft.ts";
import { bodyKind } from "./present/headline.ts";
import { present } from "./present.ts";
import type { PresentOptions, Tier } from "./presentation.ts";
import { BUILTIN_TEMPLATES } from "./templates/builtin.ts";

/** Times are not drawn here. */
const unzoned = (claims: RequestClaims): PresentOptions => ({ facilityZone: "UTC", now: claims.iat });

/**
 * The app's tier: the gateway's risk (low and moderate 1, high 2, critical 3) or worse, from the app's own reading of
 * the bytes. The template does not change it. Apart from `present.ts`, because the built-in templates bring their parser
 * along, and a page under Trusted Types cannot run what that parser compiles.
 */
export function tierOf(claims: RequestClaims, options: PresentOptions = unzoned(claims)): Tier {
  return present(claims, templateFor(claims), options).tier;
}

function templateFor(claims: RequestClaims): Template {
  const kind = bodyKind(new Draft(claims, unzoned(claims)));
  if (kind === "medication_order") return BUILTIN_TEMPLATES.medicationOrder;
  if (kind === "referral") return BUILTIN_TEMPLATES.referral;
  return kind === "record_update" ? BUILTIN_TEMPLATES.recordUpdate : BUILTIN_TEMPLATES.generic;
}

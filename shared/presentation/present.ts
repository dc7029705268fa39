import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Template } from "#shared/protocol/template.ts";

import { formatInstant } from "./clinical/date.ts";
import { actionSection } from "./present/action/section.ts";
import { chainSection } from "./present/chain.ts";
import { claimsSection, maskOriginCode } from "./present/claims.ts";
import { Draft } from "./present/draft.ts";
import { bodyKind, headlineOf } from "./present/headline.ts";
import { withMustShow } from "./present/must-show.ts";
import { checksSection, conflictSection, recordSection } from "./present/record.ts";
import { riskSection, tierOfDraft } from "./present/risk.ts";
import { scopeSection } from "./present/scope.ts";
import { whoSection } from "./present/who.ts";
import type { Headline, Presentation, PresentOptions, Row } from "./presentation.ts";
import { RAW_WORDS } from "./words.ts";

/**
 * What is drawn for a verified request: from its claims and its template alone, the same in main, which decides what has
 * to be seen, and in the renderer, which draws it (README decision 8). Never throws for what a request can hold.
 */
export function present(claims: RequestClaims, template: Template, options: PresentOptions): Presentation {
  const draft = new Draft(claims, options);
  const headline = headlineOf(draft);
  const body = bodyKind(draft);
  // Built before risk and conflicts, which say what these found.
  const who = whoSection(draft);
  const action = actionSection(draft, template, headline);
  const record = recordSection(draft);
  const scope = scopeSection(draft);
  const checks = checksSection(draft);
  const chain = chainSection(draft);
  const said = claimsSection(draft);
  const conflicts = conflictSection(draft);
  const tier = tierOfDraft(draft, body);
  const risk = riskSection(draft, tier);
  const statement = draft.classify(claims.display.statement, "R").display;
  const sections = withMustShow(draft, template, [who, risk, conflicts, action, record, scope, checks, chain, said]);
  return { headline, body, tier, sections, obstacles: draft.obstacles, statement };
}

/** Options for where only the tier or the headline is asked for; times are not drawn. */
const unzoned = (claims: RequestClaims): PresentOptions => ({ facilityZone: "UTC", now: claims.iat });

/** K and A of a queue row: what kind of action, and the named item in clinical form. */
export function headline(claims: RequestClaims, options: PresentOptions = unzoned(claims)): Headline {
  return headlineOf(new Draft(claims, options));
}

/** The exact texts that will be sent, one click away; an origin code in them is masked. */
export function rawView(claims: RequestClaims, options: PresentOptions = unzoned(claims)): readonly Row[] {
  const draft = new Draft(claims, options);
  const { op } = claims.action;
  const row = (id: string, label: string, text: string, prov: "A" | "R"): Row =>
    draft.row({ id: `raw/${id}`, prov, label, text: maskOriginCode(text, claims), must_see: false });
  return [
    row("method", RAW_WORDS.method, op.method, "A"),
    row("url", RAW_WORDS.url, op.url, "A"),
    row("media", RAW_WORDS.media, op.media, "A"),
    row("body", RAW_WORDS.body, op.body, "A"),
    row("body_dig", RAW_WORDS.digest, op.body_dig, "A"),
    ...(op.before === undefined ? [] : [row("before", RAW_WORDS.before, op.before, "R")]),
    row("issued", RAW_WORDS.issued, formatInstant(claims.iat, options.facilityZone), "R"),
  ];
}

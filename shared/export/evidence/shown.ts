import { formatInstant } from "#shared/presentation/clinical/date.ts";
import { present } from "#shared/presentation/present.ts";
import type { Row } from "#shared/presentation/presentation.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Template } from "#shared/protocol/template.ts";

import { SHOWN } from "./words.ts";

/**
 * What the screen drew, in words: made again from the signed request with the recorded template (approval-experience.md
 * P20). Each line begins with its class: R from the record, A will be done, C the agent's words, K the app's own.
 */
export function shownText(claims: RequestClaims, digest: string, template: Template, zone: string): string {
  const { display } = claims;
  const drawn = present(claims, template, { facilityZone: zone, now: claims.iat });
  return [
    SHOWN.title,
    "",
    `${SHOWN.request} ${digest}`,
    `${SHOWN.template} ${display.tpl} ${String(display.tpl_ver)}, ${display.tpl_dig}`,
    `${SHOWN.language} ${display.lang}`,
    `${SHOWN.issued} ${formatInstant(claims.iat, zone)} (${zone})`,
    ...drawn.sections
      .filter(({ rows, other }) => rows.length > 0 || other !== undefined)
      .flatMap(({ title, rows, other }) => [
        "",
        title,
        ...rows.map(lineOf),
        ...(other === undefined ? [] : [other.title, ...other.rows.map(lineOf)]),
      ]),
    "",
    `${SHOWN.statement} ${flatText(drawn.statement)}`,
    "",
  ].join("\n");
}

function lineOf({ prov, label, tokens, as_sent, change, source, alert }: Row): string {
  const before =
    change === undefined ? "" : ` (${change.word}; ${SHOWN.before} "${inOneLine(flatText(change.before))}")`;
  const sent = as_sent === undefined ? "" : ` (${SHOWN.asSent} "${inOneLine(flatText(as_sent))}")`;
  const said = alert === undefined ? "" : ` [${alert.text}]`;
  return `  ${prov}  ${label}: ${inOneLine(flatText(tokens))}${before}${sent}${said}${source === undefined ? "" : ` - ${source}`}`;
}

/** A text cannot draw a line that looks like another row. */
const inOneLine = (text: string): string => text.replaceAll("\n", "\n        ");

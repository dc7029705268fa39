import type { RequestClaims } from "../protocol/claims/request.ts";
import type { Template } from "../protocol/template.ts";
import { present } from "../presentation/present.ts";
import type { Row, Section } from "../presentation/presentation.ts";
import { flatText } from "../presentation/text/tokens.ts";

/** What there is to read of a request, as it is drawn (approval-experience.md 11). */
export interface Reading {
  /** Words of the action and of the record's alerts. */
  readonly words: number;
  readonly changed_fields: number;
  readonly conflicts: number;
  /** Fields the template must show that are there. */
  readonly must: number;
  /** Hidden or misleading text, or something that cannot be read. */
  readonly quarantined: boolean;
}

const WORD = /\S+/g;

/** Counted once, when the request is made: what a later renderer draws does not change what was asked then. */
export function readingOf(claims: RequestClaims, template: Template): Reading {
  const { sections, obstacles } = present(claims, template, { facilityZone: "UTC", now: claims.iat });
  const rows = sections.flatMap((section) => drawn(section).map((row) => ({ section, row })));
  const read = rows.filter(
    ({ section: { id }, row }) => id === "action" || (id === "record" && row.alert !== undefined),
  );
  return {
    words: read.reduce((sum, { row }) => sum + (`${row.label} ${flatText(row.tokens)}`.match(WORD)?.length ?? 0), 0),
    changed_fields: rows.filter(({ row }) => row.change !== undefined).length,
    conflicts: rows.filter(({ section }) => section.id === "conflicts").length,
    must: template.must_show.filter((pointer) => rows.some(({ row }) => row.pointer === pointer)).length,
    quarantined: obstacles.length > 0,
  };
}

const drawn = (section: Section): readonly Row[] => [...section.rows, ...(section.other?.rows ?? [])];

import type { NamedGateway } from "#shared/fhir/references.ts";
import type { HistoryFilter, Purpose } from "#shared/reports/filter.ts";
import type { ExportFormat } from "#shared/reports/names.ts";

/** What an export says of itself, where its format has a place for it. Times are Unix seconds. */
export interface ExportAbout {
  readonly format: ExportFormat;
  readonly gateway: NamedGateway;
  /** The gateway's name for it: `report.query` `exports` finds the entry of the log. */
  readonly export: string;
  readonly made_at: number;
  readonly by: string;
  readonly purpose: Purpose;
  readonly filter: HistoryFilter;
  /** False: the form without patient identifiers. */
  readonly identifiers: boolean;
}

/** As JSON; in the form without identifiers also the filter names nobody, nor do the words of the purpose. */
export function aboutJson({ filter, purpose, identifiers, gateway, ...rest }: ExportAbout) {
  const { patient, text, ...plain } = filter;
  return {
    ...rest,
    identifiers,
    gateway: gateway.iss,
    purpose: identifiers ? purpose : { code: purpose.code },
    filter: identifiers
      ? filter
      : {
          ...plain,
          ...(patient === undefined && text === undefined
            ? {}
            : { left_out: ["patient", "text"].filter((name) => Object.hasOwn(filter, name)) }),
        },
  };
}

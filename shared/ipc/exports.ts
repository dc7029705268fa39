import { z } from "zod";

import type { ErrorCode } from "#shared/protocol/registry.ts";
import { historyFilter, purpose } from "#shared/reports/filter.ts";
import { EXPORT_FORMATS } from "#shared/reports/names.ts";

/** How the export of this sitting goes; there is one at a time. */
export type ExportStatus =
  /** `of` is what the gateway counted when it was announced, if it did. */
  | { readonly kind: "running"; readonly done: number; readonly of?: number }
  | ExportResult
  | { readonly kind: "failed"; readonly error: { readonly code: ErrorCode; readonly message: string } }
  | { readonly kind: "cancelled" };

export interface ExportResult {
  readonly kind: "done";
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the file, as the gateway's log has it. */
  readonly digest: string;
  /** Rows by what this computer made of them; `erased` are those of which everything that is left holds. */
  readonly checked: Readonly<Record<"valid" | "valid_retired" | "not_valid" | "cannot_check" | "erased", number>>;
  /** Rows that the format has no place for. */
  readonly left_out: number;
}

export const exportCommands = {
  /**
   * Asks the person where, and begins. `started` is false when they changed their mind. What follows comes as events.
   * SECURITY: the page names neither the folder nor the file.
   */
  begin_export: z.strictObject({
    iss: z.string().min(1).max(512),
    format: z.enum(EXPORT_FORMATS),
    filter: historyFilter,
    identifiers: z.boolean(),
    /** Of CSV alone. */
    bom: z.boolean(),
    purpose,
  }),
  cancel_export: z.undefined(),
} as const;

export interface ExportOutputs {
  begin_export: { readonly started: boolean };
  cancel_export: null;
}

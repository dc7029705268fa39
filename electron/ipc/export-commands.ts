import { CountersignError } from "#shared/protocol/error.ts";
import type { ExportFormat } from "#shared/reports/names.ts";

import type { Exporting } from "../exports/exporting.ts";
import type { Handlers } from "./dispatch.ts";
import type { Workstation } from "./workstation-port.ts";

export interface ExportCommandParts {
  readonly workstation: Workstation;
  /** Asks where a file goes. Undefined when the person changed their mind. */
  readonly askWhere: (name: string) => Promise<string | undefined>;
  readonly onFault: (error: unknown) => void;
}

const ENDINGS: Readonly<Record<ExportFormat, string>> = {
  csv: "csv",
  jsonl: "jsonl",
  fhir: "fhir.json",
  evidence: "zip",
};

/** Words of the app and a date alone: the name of a file is seen by everybody (approval-experience.md 3.2(6)). */
export const exportName = (format: ExportFormat, seconds: number): string =>
  `countersign-${format === "evidence" ? "evidence" : "history"}-${new Date(seconds * 1000).toISOString().slice(0, 10)}.${ENDINGS[format]}`;

/** One export at a time, whichever gateway it is from. */
export function makeExportCommands(parts: ExportCommandParts): Pick<Handlers, "begin_export" | "cancel_export"> {
  const { workstation, askWhere, onFault } = parts;
  let last: Exporting | undefined;
  const ready = (iss: string): Exporting => {
    const { exports } = workstation.desks().at(iss);
    if (last?.isRunning === true) throw new CountersignError("E_CLI_STATE", "Another export is running.");
    return exports;
  };
  return {
    async begin_export({ iss, ...wish }) {
      const asked = ready(iss);
      const file = await askWhere(exportName(wish.format, workstation.snapshot().now));
      if (file === undefined) return { started: false };
      // SECURITY: whoever was at work when it was asked for may not be any more (AC17).
      if (ready(iss) !== asked) throw new CountersignError("E_CLI_LOCKED");
      last = asked;
      last
        .run({ ...wish, file }, (status) => {
          workstation.publisher().publish({ kind: "export", status });
        })
        .catch(onFault);
      return { started: true };
    },
    cancel_export() {
      last?.cancel();
      return null;
    },
  };
}

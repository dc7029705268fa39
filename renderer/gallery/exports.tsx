import { styled } from "@mui/material/styles";

import { NO_WISH, type Wish } from "../export/export-form.tsx";
import { ExportView } from "../export/export-view.tsx";
import type { ExportState } from "../export/use-export.ts";
import { exporting } from "../words/en-gb/export.ts";
import type { GalleryState } from "./state.ts";

const Under = styled("main")({ height: "100%", position: "relative" });
const nothing = (): void => undefined;
const CHOSEN: Wish = {
  ...NO_WISH,
  format: "csv",
  patients: "without",
  purpose: "HQUALIMP",
  words: "Audit of anticoagulants",
};
const DIGEST = "sha-256:n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
const done = { kind: "done", file: "countersign-history-2026-11-23.csv", bytes: 1_284_112, digest: DIGEST } as const;

const state = (id: string, title: string, of: ExportState, wish: Wish = CHOSEN, lacks?: string): GalleryState => ({
  id,
  title,
  draw: () => (
    <Under data-prov="K">
      <ExportView
        state={of}
        wish={wish}
        lacks={lacks}
        gateway={undefined}
        isFiltered={id === "export-chosen"}
        onWish={nothing}
        onStart={nothing}
        onStop={nothing}
        onAgain={nothing}
        onClose={nothing}
      />
    </Under>
  ),
});

export const EXPORTS: readonly GalleryState[] = [
  state("export-missing", "Export, something is missing", { kind: "asking" }, NO_WISH, exporting.missing.format),
  state("export-chosen", "Export, everything chosen", { kind: "asking" }),
  state("export-running", "Export, running", { kind: "running", done: 1200, of: 2417 }),
  state("export-done-trouble", "Export, complete, with rows that did not verify", {
    ...done,
    rows: 2417,
    checked: { valid: 2369, valid_retired: 0, not_valid: 1, cannot_check: 18, erased: 29 },
    left_out: 3,
  }),
  state("export-failed", "Export, failed", {
    kind: "failed",
    error: { code: "E_CLI_OFFLINE", message: "There is no connection to the gateway." },
  }),
];

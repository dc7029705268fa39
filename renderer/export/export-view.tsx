import Button from "@mui/material/Button";
import type { ReactElement } from "react";

import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { Hint, Stack } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { RecordValue } from "../ui/provenance/values.tsx";
import { exporting as text } from "../words/en-gb/export.ts";
import { ExportDone } from "./export-done.tsx";
import { ExportForm, type Wish } from "./export-form.tsx";
import { ExportProgress } from "./export-progress.tsx";
import type { ExportState } from "./use-export.ts";

interface Props {
  readonly state: ExportState;
  readonly wish: Wish;
  readonly onWish: (wish: Wish) => void;
  /** What is missing, once it was tried. */
  readonly lacks: string | undefined;
  /** Where there are several gateways. */
  readonly gateway: string | undefined;
  readonly isFiltered: boolean;
  readonly onStart: () => void;
  readonly onStop: () => void;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

/** The dialog in each of its states. */
export function ExportView(props: Props): ReactElement {
  const { state, wish, lacks, gateway, isFiltered } = props;
  const buttons = (): ReactElement => {
    switch (state.kind) {
      case "asking":
        return (
          <>
            <Button onClick={props.onClose}>{text.cancel}</Button>
            <Button variant="contained" onClick={props.onStart}>
              {text.begin}
            </Button>
          </>
        );
      case "choosing":
        return <span role="status">{text.choosing}</span>;
      case "running":
        return <Button onClick={props.onStop}>{text.stop}</Button>;
      case "done":
        return (
          <>
            <span />
            <Button variant="outlined" onClick={props.onClose}>
              {text.close}
            </Button>
          </>
        );
      case "failed":
      case "cancelled":
        return (
          <>
            <Button onClick={props.onClose}>{text.close}</Button>
            <Button variant="outlined" onClick={props.onAgain}>
              {text.again}
            </Button>
          </>
        );
      default:
        return state satisfies never;
    }
  };

  return (
    <Sheet
      title={titleOf(state)}
      focusOn={state.kind}
      foot={
        <>
          {state.kind === "asking" && (
            <div role="status">
              {lacks !== undefined ? <Strip kind="alert">{lacks}</Strip> : <Hint>{text.recorded}</Hint>}
            </div>
          )}
          <SheetButtons>{buttons()}</SheetButtons>
        </>
      }
    >
      <Stack>
        {gateway !== undefined && (
          <p>
            <strong>{text.gateway}</strong> <RecordValue value={gateway} />
          </p>
        )}
        {state.kind === "asking" && state.fault !== undefined && <Strip kind="alert">{state.fault.message}</Strip>}
        {(state.kind === "asking" || state.kind === "choosing") && (
          <ExportForm wish={wish} onChange={props.onWish} isFiltered={isFiltered} />
        )}
        {state.kind === "running" && <ExportProgress done={state.done} of={state.of} />}
        {state.kind === "done" && <ExportDone result={state} />}
        {state.kind === "failed" && (
          <Strip kind="alert">
            {state.error.message} {text.noFile}
          </Strip>
        )}
        {state.kind === "cancelled" && <Strip kind="info">{text.cancelled}</Strip>}
      </Stack>
    </Sheet>
  );
}

function titleOf({ kind }: ExportState): string {
  switch (kind) {
    case "running":
      return text.running;
    case "done":
      return text.done;
    case "failed":
      return text.failed;
    case "asking":
    case "choosing":
    case "cancelled":
      return text.title;
    default:
      return kind satisfies never;
  }
}

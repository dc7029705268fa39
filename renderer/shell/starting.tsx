import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";

import { useStore } from "../state/context.ts";
import type { StoreState } from "../state/store.ts";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Centre = styled("main")({
  flex: 1,
  display: "grid",
  placeContent: "center",
  justifyItems: "center",
  gap: space(1.5),
  padding: space(3),
  color: color("text"),
});

/** Words come when nothing has for two seconds (approval-experience.md S3, loading). */
const SLOW_MS = 2000;

/** Before main's first snapshot. */
export function Starting({ state }: { readonly state: Exclude<StoreState, { readonly kind: "ready" }> }): ReactElement {
  const store = useStore();
  const { shell } = words;
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  if (state.kind === "starting") {
    return (
      <Centre data-prov="K" aria-busy="true">
        <p>{isSlow ? shell.startingSlow : shell.starting}</p>
      </Centre>
    );
  }
  return (
    <Centre data-prov="K">
      <ScreenHeading focusOn="failed">{shell.failed}</ScreenHeading>
      <p>{state.fault.message}</p>
      <p>{shell.code(state.fault.code)}</p>
      <Button onClick={() => void store.refresh()}>{shell.tryAgain}</Button>
    </Centre>
  );
}

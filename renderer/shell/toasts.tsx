import Button from "@mui/material/Button";
import GlobalStyles from "@mui/material/GlobalStyles";
import { styled } from "@mui/material/styles";
import { closeSnackbar, enqueueSnackbar, SnackbarProvider } from "notistack";
import type { CustomContentProps } from "notistack";
import { useEffect } from "react";
import type { ReactElement, ReactNode, Ref } from "react";

import { useStore } from "../state/context.ts";
import { nameAmong } from "../state/gateways.ts";
import { color, FORCED, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const SHOWN_MS = 8000;

const Box = styled("div")({
  display: "flex",
  alignItems: "center",
  gap: space(2),
  padding: `${space(1)} ${space(2)}`,
  backgroundColor: color("text"),
  color: color("page"),
  borderRadius: 4,
  [FORCED]: { border: "2px solid CanvasText" },
});
const Dismiss = styled(Button)({
  "&&": { color: color("page"), borderColor: color("page"), backgroundColor: "transparent" },
});

/** Above the decision bar and below every banner: a toast lies over content only, for as long as it is shown. */
const PLACE = { "div.notistack-SnackbarContainer": { bottom: "6rem" } };

/** App status only, in the app's words: never content, never an action but Dismiss (finding 12, 14.5). */
function Toast({ id, message, ref }: CustomContentProps & { readonly ref?: Ref<HTMLDivElement> }): ReactElement {
  return (
    // notistack measures the toast through its ref and throws without one.
    <Box ref={ref} role="status" data-prov="K">
      <span>{message}</span>
      <Dismiss onClick={() => closeSnackbar(id)}>{words.shell.dismiss}</Dismiss>
    </Box>
  );
}

const CONTENTS = { default: Toast, info: Toast, success: Toast, warning: Toast, error: Toast };

export function Toasts({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <SnackbarProvider
      Components={CONTENTS}
      maxSnack={3}
      preventDuplicate
      autoHideDuration={SHOWN_MS}
      anchorOrigin={{ vertical: "bottom", horizontal: "center" }}
      disableWindowBlurListener
    >
      <GlobalStyles styles={PLACE} />
      {children}
    </SnackbarProvider>
  );
}

/** Shows main's notices while it is mounted. */
export function useNotices(): void {
  const store = useStore();
  useEffect(
    () =>
      store.onSignal((signal) => {
        if (signal.kind !== "notice") return;
        const state = store.get();
        const name = state.kind === "ready" ? nameAmong(state.view.snapshot.gateways, signal.iss) : undefined;
        const text = words.shell.notices[signal.notice];
        enqueueSnackbar(name === undefined ? text : words.connection.ofGateway(name, text));
      }),
    [store],
  );
}

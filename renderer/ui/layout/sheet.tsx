import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement, ReactNode } from "react";

import { FORCED, LOW, NARROW, color, space } from "../theme/css.ts";
import { useCoversPage } from "./modal.tsx";
import { useReturnedFocus } from "./returned-focus.ts";
import { ScreenHeading } from "./screen-heading.tsx";

const Veil = styled("div")({
  position: "absolute",
  inset: 0,
  zIndex: 20,
  backgroundColor: "rgba(10, 16, 22, 0.5)",
  display: "flex",
  justifyContent: "center",
  alignItems: "flex-start",
  padding: space(2),
  overflow: "hidden",
  [LOW]: { padding: space(1) },
});
const Surface = styled("div")({
  width: "min(52rem, 100%)",
  maxHeight: "100%",
  display: "flex",
  flexDirection: "column",
  backgroundColor: color("page"),
  border: `1px solid ${color("edge")}`,
  borderRadius: 6,
  [LOW]: { display: "block", overflowY: "auto" },
  [FORCED]: { border: "2px solid CanvasText" },
});
const Head = styled("header")({ padding: `${space(2)} ${space(3)} 0`, flex: "none" });
const Scroll = styled("div")({
  flex: "1 1 auto",
  minHeight: 0,
  overflowY: "auto",
  padding: `${space(1.5)} ${space(3)} ${space(2)}`,
  [LOW]: { overflowY: "visible" },
});
const Foot = styled("footer")({
  flex: "none",
  borderTop: `1px solid ${color("line")}`,
  padding: `${space(1.5)} ${space(3)} ${space(2)}`,
});
/** Back at one end, the signature at the other; narrow windows keep both left so that neither lies where Approve was (AC05). */
export const SheetButtons = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "space-between",
  alignItems: "flex-start",
  gap: space(3),
  marginTop: space(1.5),
  "& button": { minHeight: "2.75rem", minWidth: "6rem" },
  [NARROW]: { justifyContent: "flex-start" },
});

interface Props {
  readonly title: string;
  readonly focusOn?: string;
  /** Nothing in it takes the focus: the text itself does, so that it can be scrolled with keys. */
  readonly isOnlyRead?: boolean;
  readonly foot: ReactNode;
  readonly children: ReactNode;
}

/**
 * A modal surface inside the frame of its screen, so that the patient banner stays visible above it and the page's live
 * regions go on speaking. The screen makes what lies behind it inert. The focus returns to where it came from.
 */
export function Sheet({ title, focusOn = title, isOnlyRead = false, foot, children }: Props): ReactElement {
  const id = useId();
  useCoversPage();
  const surface = useReturnedFocus<HTMLDivElement>();
  return (
    <Veil>
      <Surface ref={surface} role="dialog" aria-modal="true" aria-labelledby={id} data-prov="K">
        <Head>
          <ScreenHeading id={id} level={2} focusOn={focusOn}>
            {title}
          </ScreenHeading>
        </Head>
        <Scroll tabIndex={isOnlyRead ? 0 : -1}>{children}</Scroll>
        <Foot>{foot}</Foot>
      </Surface>
    </Veil>
  );
}

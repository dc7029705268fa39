import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { color, FORCED, space } from "../ui/theme/css.ts";

const Column = styled("div")({ height: "100%", display: "flex", flexDirection: "column", position: "relative" });
const Unreal = styled("aside")({
  flex: "none",
  padding: `${space(0.5)} ${space(3)}`,
  textAlign: "center",
  fontWeight: 700,
  color: "#16202a",
  background: "repeating-linear-gradient(135deg, #ffd43b 0 18px, #fff3bf 18px 36px)",
  borderBottom: `2px solid ${color("text")}`,
  // There are no stripes where the system chooses the colours.
  [FORCED]: { border: "3px dashed CanvasText" },
});

const Window = styled("div")({ flex: 1, minHeight: 0, position: "relative", display: "flex", flexDirection: "column" });
const Inside = styled("div")({ flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });

interface FrameProps {
  /** Says above everything that nothing here is real: in the demonstration, and in the practice. */
  readonly strip: string | undefined;
  readonly children: ReactNode;
}

/** Layering of the window, fixed: demo strip, connection strip, app bar, banner, content, decision bar. */
export function Frame({ strip, children }: FrameProps): ReactElement {
  return (
    <Column data-prov="K">
      {strip !== undefined && <Unreal>{strip}</Unreal>}
      <Window>{children}</Window>
    </Column>
  );
}

interface CoverableProps {
  readonly isInert: boolean;
  /** What lies over everything but the demo strip: the list of keys. */
  readonly over: ReactNode;
  readonly children: ReactNode;
}

export function Coverable({ isInert, over, children }: CoverableProps): ReactElement {
  return (
    <>
      <Inside inert={isInert}>{children}</Inside>
      {over}
    </>
  );
}

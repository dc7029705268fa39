import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useContext, useEffect, useId, useImperativeHandle, useRef, useState } from "react";
import type { MouseEvent, ReactElement, Ref } from "react";

import { KeyHint } from "../key-hint.tsx";
import { FORCED, WIDE, color, space } from "../theme/css.ts";
import { CoverContext } from "./cover.ts";
import { guardElement } from "./guard-element.ts";
import type { Readiness } from "./guard.ts";
import type { GuardedElement } from "./guard-element.ts";

export type Weight = "sign" | "refuse";

const Decision = styled(Button)<{ readonly weight: Weight }>(({ weight }) => ({
  minHeight: "2.75rem",
  minWidth: "9rem",
  padding: `${space(1)} ${space(2.5)}`,
  borderWidth: 2,
  "&:hover": { borderWidth: 2 },
  "&&.MuiButton-contained": { backgroundColor: color("primary"), color: color("onPrimary") },
  ...(weight === "refuse" && {
    "&&.MuiButton-outlined": { borderColor: color("deny"), color: color("deny") },
    "&&.MuiButton-outlined:hover": { backgroundColor: color("denyHover") },
  }),
  // Blocked is drawn without opacity: the cover check of the guard would take a translucent control for a hidden one.
  "&&[aria-disabled='true']": {
    backgroundColor: color("page"),
    color: color("muted"),
    border: `2px dashed ${color("edge")}`,
    cursor: "not-allowed",
  },
  [FORCED]: { border: "2px solid ButtonBorder", "&&[aria-disabled='true']": { border: "2px dashed GrayText" } },
}));
const Box = styled("div")({ display: "flex", flexDirection: "column", gap: space(0.5), alignItems: "stretch" });
const Why = styled("p")({
  fontSize: "0.9375rem",
  color: color("muted"),
  // One line of it, in a length that does not follow its own size: a reason that comes or goes moves no button, since one
  // that moved does not act for half a second (approval-experience.md 6).
  minHeight: "1.3125rem",
  textAlign: "center",
  // Said by something beside the control, where the window is wide enough to draw it.
  [WIDE]: { "&[data-quiet='true']": { fontSize: 0 } },
});

export interface GuardedHandle {
  /** A key that stands for the control: acts under the same guard, or says why not (P17). */
  readonly press: () => void;
}

/** Why the guard does not let a press through yet. */
export interface GuardWords {
  readonly readyIn: (seconds: number) => string;
  readonly away: string;
  readonly covered: string;
}

interface Props {
  readonly handle?: Ref<GuardedHandle>;
  readonly label: string;
  /** The key that does the same. */
  readonly keyHint?: string;
  readonly weight: Weight;
  readonly armMs: number;
  readonly rearmOn: string;
  /** Why it cannot act now, in words; it stays focusable so that the reason can be read. */
  readonly blocked: string | undefined;
  /** The reason is visible elsewhere, or a sheet lies over the control: keep it for the description only. */
  readonly isReasonHidden?: boolean;
  readonly guardWords: GuardWords;
  readonly onActivate: () => void;
  /** Someone tried while it is blocked or not ready: say why (P17). */
  readonly onBlocked: (reason: string) => void;
}

/** A control that opens or makes a signature, under the input guard; never focused by itself, never `disabled`. */
export function GuardedButton(props: Props): ReactElement {
  const { label, keyHint, weight, armMs, rearmOn, blocked, guardWords } = props;
  const button = useRef<HTMLButtonElement>(null);
  const guard = useRef<GuardedElement>(null);
  const [shown, setShown] = useState<string | undefined>(() => say(guardWords, atFirst(armMs)));
  const reason = useId();
  // Frames may be late: what lay over everything for a moment may never have been drawn for whoever observes that.
  const cover = useContext(CoverContext);

  useEffect(() => {
    if (button.current === null) return undefined;
    const guarded = guardElement(button.current, armMs, (readiness) => setShown(say(guardWords, readiness)));
    guard.current = guarded;
    return guarded.release;
  }, [armMs, rearmOn, cover, guardWords]);

  const press = (isMeant: boolean): void => {
    const notReady = say(guardWords, guard.current?.readiness() ?? atFirst(armMs));
    if (blocked !== undefined) props.onBlocked(blocked);
    else if (isMeant) props.onActivate();
    else if (notReady !== undefined) props.onBlocked(notReady);
  };
  const onClick = (event: MouseEvent): void => press(guard.current?.judge(event.nativeEvent).kind === "go");
  useImperativeHandle(props.handle, () => ({
    press: () => press(guard.current?.readiness().kind === "ready"),
  }));
  const why = blocked ?? shown;
  return (
    <Box>
      <Decision
        ref={button}
        weight={weight}
        variant={weight === "sign" ? "contained" : "outlined"}
        aria-disabled={why !== undefined}
        aria-describedby={reason}
        aria-keyshortcuts={keyHint}
        onClick={onClick}
      >
        {label}
        {keyHint !== undefined && <KeyHint aria-hidden="true">{keyHint}</KeyHint>}
      </Decision>
      <Why id={reason} data-quiet={props.isReasonHidden === true}>
        {why}
      </Why>
    </Box>
  );
}

/** Before the first look at the control; armed for 0 ms it acts at once. */
const atFirst = (armMs: number): Readiness =>
  armMs === 0 ? { kind: "ready" } : { kind: "arming", secondsLeft: Math.ceil(armMs / 1000) };

function say(words: GuardWords, readiness: Readiness): string | undefined {
  switch (readiness.kind) {
    case "ready":
      return undefined;
    case "arming":
      return words.readyIn(readiness.secondsLeft);
    case "away":
      return words.away;
    case "covered":
      return words.covered;
  }
}

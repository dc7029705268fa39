import type { Components, Theme } from "@mui/material/styles";

import { FORCED, REDUCED_MOTION, color, space } from "./css.ts";

/** One look of focus everywhere: 3 px and an offset (WCAG 2.4.7, 2.4.13). */
export const focusRing = {
  outline: `3px solid ${color("focus")}`,
  outlineOffset: "2px",
} as const;

const calm = { [REDUCED_MOTION]: { transition: "none" } } as const;

/**
 * What every kit component looks like here. Forced colours: MUI 9.5's contained button, chip, alert and paper have no
 * border of their own there (approval-experience.md 14.5), so each gets one.
 */
export const componentOverrides: Components<Theme> = {
  MuiButtonBase: {
    defaultProps: { disableRipple: true, disableTouchRipple: true },
    styleOverrides: { root: { "&.Mui-focusVisible": focusRing } },
  },
  MuiButton: {
    defaultProps: { disableElevation: true, variant: "outlined", color: "inherit" },
    styleOverrides: {
      root: {
        ...calm,
        minHeight: "2.25rem",
        padding: `${space(0.5)} ${space(1.75)}`,
        "&.MuiButton-outlined": { borderColor: color("edge"), color: color("text"), backgroundColor: color("page") },
        "&.MuiButton-outlined:hover": { backgroundColor: color("hover") },
        "&.MuiButton-text": { color: color("primary"), padding: `${space(0.25)} ${space(0.75)}` },
        "&.MuiButton-text:hover": { backgroundColor: color("hover") },
        "&.MuiButton-contained": { backgroundColor: color("primary"), color: color("onPrimary") },
        "&.MuiButton-contained:hover": { backgroundColor: color("primaryHover") },
        [FORCED]: { border: "1px solid ButtonBorder" },
      },
    },
  },
  MuiChip: { styleOverrides: { root: { [FORCED]: { border: "1px solid CanvasText" } } } },
  MuiPaper: {
    defaultProps: { elevation: 0 },
    styleOverrides: { root: { backgroundImage: "none", [FORCED]: { border: "1px solid CanvasText" } } },
  },
  MuiDialog: {
    styleOverrides: { paper: { border: `1px solid ${color("edge")}`, borderRadius: 6, margin: space(2) } },
  },
  MuiBackdrop: { styleOverrides: { root: { backgroundColor: "rgba(10, 16, 22, 0.55)" } } },
  MuiOutlinedInput: {
    styleOverrides: {
      root: {
        backgroundColor: color("page"),
        "& .MuiOutlinedInput-notchedOutline": { borderColor: color("edge") },
        "&:hover .MuiOutlinedInput-notchedOutline": { borderColor: color("text") },
        "&.Mui-focused .MuiOutlinedInput-notchedOutline": { borderColor: color("focus"), borderWidth: 3 },
      },
      input: {
        padding: `${space(1)} ${space(1.25)}`,
        height: "1.5rem",
        // The kit's own is translucent: 2.7 : 1 (WCAG 1.4.3).
        "&::placeholder": { color: color("muted"), opacity: 1 },
      },
    },
  },
  MuiCheckbox: {
    styleOverrides: {
      root: { color: color("edge"), padding: space(0.75), "&.Mui-checked": { color: color("primary") } },
    },
  },
  MuiRadio: {
    styleOverrides: {
      root: { color: color("edge"), padding: space(0.75), "&.Mui-checked": { color: color("primary") } },
    },
  },
  MuiFormHelperText: { styleOverrides: { root: { marginLeft: 0, fontSize: "0.9375rem", lineHeight: 1.35 } } },
  MuiTooltip: { defaultProps: { describeChild: true } },
  MuiTabs: { styleOverrides: { indicator: { [FORCED]: { backgroundColor: "Highlight" } } } },
};

import { TOKENS } from "./tokens.ts";
import type { Scheme, Tokens } from "./tokens.ts";

/** A token as a custom property: `color("claimBack")` is `var(--cs-claimBack)`, so schemes change without a re-mount. */
export function color(name: keyof Tokens): string {
  return `var(--cs-${name})`;
}

/** The custom properties of a scheme, for the root element. */
export function customProperties(scheme: Scheme): Record<string, string> {
  return Object.fromEntries(Object.entries(TOKENS[scheme]).map(([name, value]) => [`--cs-${name}`, String(value)]));
}

export const FONT = '"Atkinson Hyperlegible", "Noto Sans", "Segoe UI", system-ui, sans-serif';
export const MONO = '"Atkinson Hyperlegible Mono", "Noto Sans Mono", "Consolas", monospace';

/** 8 px grid. */
export function space(steps: number): string {
  return `${steps * 0.5}rem`;
}

export const FORCED = "@media (forced-colors: active)";
export const REDUCED_MOTION = "@media (prefers-reduced-motion: reduce)";
/** One column: under 900 CSS pixels of width (approval-experience.md S4). */
export const NARROW = "@media (max-width: 899.95px)";
export const WIDE = "@media (min-width: 900px)";
/** Low windows (200 % zoom of 1024 × 700): sticky surfaces give height back to the content. */
export const LOW = "@media (max-height: 559.95px)";

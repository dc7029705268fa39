/**
 * Colours of the three schemes (approval-experience.md 12). Each name is one use; ratios are tested, not promised.
 * Screens read them as custom properties through `color.*` (css.ts), so a scheme changes without a re-mount.
 */
export interface Tokens {
  /** Page and raised surfaces. */
  readonly page: string;
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  /** Hairlines carry no meaning; `edge` bounds controls and panels and has 3:1. */
  readonly line: string;
  readonly edge: string;
  readonly hover: string;
  readonly primary: string;
  readonly primaryHover: string;
  readonly onPrimary: string;
  readonly deny: string;
  readonly denyHover: string;
  readonly focus: string;
  readonly claimText: string;
  readonly claimBack: string;
  readonly claimEdge: string;
  readonly bannerText: string;
  readonly bannerLabel: string;
  readonly bannerBack: string;
  readonly bannerEdge: string;
  readonly deceasedText: string;
  readonly deceasedBack: string;
  readonly deceasedHatch: string;
  readonly addedText: string;
  readonly addedBack: string;
  readonly removedText: string;
  readonly removedBack: string;
  readonly changedText: string;
  readonly changedBack: string;
  /** Strips: stop (red, solid), alert (red edge; conflicts), info (neutral). `amber` is the triangle of smaller warnings. */
  readonly stopText: string;
  readonly stopBack: string;
  readonly alertText: string;
  readonly alertBack: string;
  readonly alertEdge: string;
  readonly amber: string;
  readonly infoText: string;
  readonly infoBack: string;
  /** Visible tokens of hidden characters. */
  readonly tokenText: string;
  readonly tokenBack: string;
}

export type Scheme = "light" | "dark" | "high-contrast";

const light: Tokens = {
  page: "#ffffff",
  panel: "#f4f6f8",
  text: "#16202a",
  muted: "#4a5a68",
  line: "#d5dce2",
  edge: "#6b7a87",
  hover: "#eaf0f5",
  primary: "#0b5cab",
  primaryHover: "#084a8b",
  onPrimary: "#ffffff",
  deny: "#8c1d18",
  denyHover: "#fdf3f2",
  focus: "#0b5cab",
  claimText: "#3d2f00",
  claimBack: "#fff6dd",
  claimEdge: "#8a6100",
  bannerText: "#16202a",
  bannerLabel: "#3c4a57",
  bannerBack: "#dcebfa",
  bannerEdge: "#0b5cab",
  deceasedText: "#16202a",
  deceasedBack: "#d9dde1",
  deceasedHatch: "#c3c9cf",
  addedText: "#0b4f36",
  addedBack: "#e3f3ec",
  removedText: "#8c1d18",
  removedBack: "#fdecea",
  changedText: "#16202a",
  changedBack: "#e7ecf1",
  stopText: "#ffffff",
  stopBack: "#8c1d18",
  alertText: "#16202a",
  alertBack: "#fdecea",
  alertEdge: "#8c1d18",
  amber: "#8a6100",
  infoText: "#16202a",
  infoBack: "#e7ecf1",
  tokenText: "#8c1d18",
  tokenBack: "#ffffff",
};

const dark: Tokens = {
  page: "#12181e",
  panel: "#1b242c",
  text: "#e8eef3",
  muted: "#a9b7c3",
  line: "#32404c",
  edge: "#8496a5",
  hover: "#232f39",
  primary: "#8cc4ff",
  primaryHover: "#b3d8ff",
  onPrimary: "#06213d",
  deny: "#ffb4ab",
  denyHover: "#2b1d1c",
  focus: "#8cc4ff",
  claimText: "#ffe2a0",
  claimBack: "#2e2712",
  claimEdge: "#c99a2e",
  bannerText: "#e8eef3",
  bannerLabel: "#c3d2df",
  bannerBack: "#17324d",
  bannerEdge: "#8cc4ff",
  deceasedText: "#e8eef3",
  deceasedBack: "#333b43",
  deceasedHatch: "#46505a",
  addedText: "#8fe0bd",
  addedBack: "#0f2a20",
  removedText: "#ffb4ab",
  removedBack: "#3a1613",
  changedText: "#e8eef3",
  changedBack: "#2a3540",
  stopText: "#ffffff",
  stopBack: "#8c1d18",
  alertText: "#ffe9e6",
  alertBack: "#3a1613",
  alertEdge: "#ffb4ab",
  amber: "#e0b04a",
  infoText: "#e8eef3",
  infoBack: "#2a3540",
  tokenText: "#ffb4ab",
  tokenBack: "#12181e",
};

const highContrast: Tokens = {
  page: "#000000",
  panel: "#000000",
  text: "#ffffff",
  muted: "#e6e6e6",
  line: "#8c8c8c",
  edge: "#ffffff",
  hover: "#262626",
  primary: "#7fd4ff",
  primaryHover: "#b8e7ff",
  onPrimary: "#000000",
  deny: "#ffb0a8",
  denyHover: "#262626",
  focus: "#ffff00",
  claimText: "#ffe680",
  claimBack: "#000000",
  claimEdge: "#ffe680",
  bannerText: "#ffffff",
  bannerLabel: "#ffffff",
  bannerBack: "#00243d",
  bannerEdge: "#7fd4ff",
  deceasedText: "#ffffff",
  deceasedBack: "#262626",
  deceasedHatch: "#4d4d4d",
  addedText: "#8dffc9",
  addedBack: "#000000",
  removedText: "#ffb0a8",
  removedBack: "#000000",
  changedText: "#ffffff",
  changedBack: "#000000",
  stopText: "#ffffff",
  stopBack: "#8f0000",
  alertText: "#ffffff",
  alertBack: "#000000",
  alertEdge: "#ffb0a8",
  amber: "#ffe680",
  infoText: "#ffffff",
  infoBack: "#1a1a1a",
  tokenText: "#ffb0a8",
  tokenBack: "#000000",
};

export const TOKENS: Readonly<Record<Scheme, Tokens>> = { light, dark, "high-contrast": highContrast };

import { inLanguage } from "../language.ts";

/** Words of the settings (S12). */
export const settings = inLanguage({
  heading: "Settings",
  display: "Display",
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark", "high-contrast": "High contrast" },
  textSize: "Text size",
  density: "Density of the queue",
  densities: { comfortable: "Comfortable", compact: "Compact" },
  densityHint: "What will be done is never made smaller.",
  keyboard: "Keyboard",
  singleKeys: "Single-key shortcuts",
  singleKeysHint: "Off: only Tab, Enter, Esc, F6 and keys with Ctrl work.",
  time: "Time",
  zone: "Facility time zone",
  zoneHint: "Clinical times are shown in this zone, in 24 hours, whatever this computer is set to.",
  zoneUnknown: "That is not a time zone. Example: Europe/London.",
  network: "Network",
  siteCa: "Certificate authority file of the site",
  siteCaHint: "A PEM file, for gateways whose certificate your hospital signs itself. Empty: the system's authorities.",
  save: "Save",
  managed: "Set by your organisation.",
  gateways: "Gateways",
  addMeaning:
    "You can work with several gateways at once, under one PIN. You need a ticket and a code for each, and a second person has to confirm it. The app is locked meanwhile.",
  addOnCard: "Your key is on a card, and works with one gateway.",
  add: "Add another gateway…",
  connection: "Connection",
  lastMessage: "Last message",
  clock: "Clock",
  clockOffset: (seconds: number): string =>
    seconds === 0 ? "Same as this computer" : `${String(Math.abs(seconds))} s ${seconds > 0 ? "ahead" : "behind"}`,
  refused: "Refused messages",
  refusedHint:
    "Messages that were not from the gateway the directory vouches for, or not readable. They are never listed.",
  none: "None",
  about: "About",
  version: (version: string): string => `Countersign ${version}`,
  key: "Your key",
  keys: {
    hardware: "on a card",
    os: "in this computer's key store, under your PIN",
    software: "in software, for demonstration only",
  },
  notKnown: "not known",
  diagnostics: "Diagnostics",
  diagnosticsMeaning:
    "A report for IT: versions, settings, connection and counts. Nothing of any patient, request or person is in it.",
  diagnosticsShow: "Show the report…",
  diagnosticsPreview: "This is all of it. Saving writes exactly this text.",
  diagnosticsSave: "Save…",
  diagnosticsClose: "Close",
  giveUp: "Give this key up",
  giveUpMeaning:
    "If somebody else may have your PIN, card or computer, give the key up at once. Nothing can be signed with it again, approvals that were not carried out yet are taken back, and you need a new ticket.",
  giveUpAll: "Your keys at all your gateways are given up together: one PIN opens them.",
  giveUpAsk: "Give this key up…",
  giveUpSure: "Give it up for good",
  giveUpKeep: "Keep it",
} as const);

/** Words of the replacement of one's own key (protocol.md 3.13). */
export const replaceKey = inLanguage({
  heading: "Replace this key",
  meaning:
    "A new key takes the place of the one you sign with now. Your PIN and your history stay, and nobody else has to confirm it. A key is good for half a year at most.",
  ask: "Replace this key…",
  pin: "Your PIN",
  keep: "Not now",
  sure: "Replace it",
  busy: "Making a new key",
  asking: "Asking the directory to sign for your new key.",
  waiting:
    "The directory has not signed for your new key yet. That can take some minutes. Go on working: your present key counts until then.",
  ready:
    "Your new key is signed for. It takes over as soon as no request is open here and nothing of yours waits for its receipt.",
  done: "Your key was replaced. You sign with the new one now.",
  failed: "Your key was not replaced; the present one goes on.",
} as const);

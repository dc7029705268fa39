import { inLanguage } from "../language.ts";

/** Words of the locked screen (S2): nothing of patients, agents or urgency. */
export const locked = inLanguage({
  heading: "Sign in to Countersign",
  waiting: (count: number): string =>
    count === 0 ? "Nothing is waiting" : count === 1 ? "1 request is waiting" : `${String(count)} requests are waiting`,
  who: "Who signs in?",
  pin: "PIN",
  signIn: "Sign in",
  signingIn: "Signing in",
  another: "Enrol another person…",
  /** No connection is left by which anything could be known. */
  unknown: "What is waiting is shown once you have signed in.",
  cardOut: (time: string): string => `Your smart card was taken out at ${time}, so the app locked.`,
  cardOutNothingSent: (time: string): string =>
    `Your smart card was taken out at ${time} before deciding, so the app locked. Nothing was sent.`,
  cardOutWasSent: (time: string): string =>
    `Your smart card was taken out at ${time} after signing, so the app locked. The receipt comes first.`,
  nothingSent: (time: string): string => `You were signed out at ${time} before deciding. Nothing was sent.`,
  wasSent: (time: string): string => `You were signed out at ${time} after signing. The receipt comes first.`,
  damagedKeys: (count: number): string =>
    count === 1
      ? "A signing key on this computer is damaged. It was set aside, and nothing was signed with it. Its owner enrols again and asks IT to revoke the old key."
      : `${String(count)} signing keys on this computer are damaged. They were set aside, and nothing was signed with them. Their owners enrol again and ask IT to revoke the old keys.`,
  unreadableKeys: (count: number): string =>
    count === 1
      ? "A signing key on this computer cannot be read just now. It was not changed or moved. Tell IT, and start the app again once it is mended. Its owner does not need to enrol again."
      : `${String(count)} signing keys on this computer cannot be read just now. They were not changed or moved. Tell IT, and start the app again once it is mended. Their owners do not need to enrol again.`,
  softwareKey: "software key, demonstration only",
  downtime: "If care cannot wait, follow your ward's downtime procedure.",
} as const);

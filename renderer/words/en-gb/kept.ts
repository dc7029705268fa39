import { inLanguage } from "../language.ts";

/** Words of a record that this computer shows by itself, without the gateway. */
export const kept = inLanguage({
  from: "From what this computer keeps. Its signatures were checked here; this could not be checked without the gateway:",
  unchecked: "Not checked without the gateway",
  unasked: {
    "log-still": "whether the gateway's log still has it where it was proven to be",
    "log-ever": "whether it is in the gateway's log: that was not proven before the connection ended",
    others: "what other people decided on the same request, and how many approvals there were",
    answer: "whether the gateway took the decision that it did not answer",
    since: "what has happened since the gateway was last heard",
    keys: "whether a key that signed it has been stopped since",
  },
  open: (reference: string): string => `Open record ${reference}`,
} as const);

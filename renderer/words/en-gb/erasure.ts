import { inLanguage } from "../language.ts";

/** Words of a record that was erased (decision 0015): what is gone, why, and what can be relied on without it. */
export const erasure = inLanguage({
  when: "Erased",
  unknownDay: "The gateway does not say when",
  why: "Why",
  whyMeans:
    "The gateway says that it was erased: your organisation ordered it, or the time for which it had to be kept was over. Its log has to have an entry for that, which this computer does not look for.",
  gone: "Gone",
  goneMeans:
    "The patient, the agent, what was asked, and the signed text of each decision with its reason and note. Nobody can read them again.",
  asked: "Asked",
  outcome: "Outcome",
  left: "Still here",
  leftMeans:
    "When it was asked, who decided and when, the gateway's signed receipts, how it ended, and its places in the log.",
  holds: "All of it was checked on this computer and holds.",
  doubtful: "It does not hold, or could not be checked: the line at the top says which.",
  never: "Not checkable",
  neverMeans:
    "The signatures of the request and of each decision: a signature can be checked only together with the text that was signed.",
  digestLeft: "The text is gone. Where somebody kept a copy, the digest still shows whether it is the same text.",
});

import { inLanguage } from "../language.ts";

/** Words of a record that was erased (decisions 0015, 0016): what is gone, why, and what can be relied on without it. */
export const erasure = inLanguage({
  title: "What was erased",
  when: "Erased",
  why: "Why",
  whyMeans: {
    order: "By order of your organisation.",
    retention: "The time for which it had to be kept was over.",
    restated: "It had been erased by then. Its first record could not be shown, so the gateway recorded it anew.",
    repeated: "It had been erased before, and an older copy had brought it back.",
  },
  inLog: "In the log",
  inLogMeans: (index: number): string =>
    `Log position ${index.toLocaleString("en-GB")}. That it is about this record was checked on this computer.`,
  gone: "Gone",
  goneMeans:
    "The patient, the agent, what was asked, and the signed text of each decision with its reason and note. Nobody can read them again.",
  asked: "Asked",
  outcome: "Outcome",
  left: "Still here",
  leftMeans:
    "When it was asked, who decided and when, the gateway's signed receipts, how it ended, and its places in the log.",
  holds: "All of it was checked on this computer and holds.",
  never: "Not checkable",
  neverMeans:
    "The signatures of the request and of each decision: a signature can be checked only together with the text that was signed.",
  digestLeft: "The text is gone. Where somebody kept a copy, the digest still shows whether it is the same text.",
  saidTitle: "What the gateway says was erased",
  gatewaySays: "Gateway says",
  saidErased: "Erased",
  unknownDay: "at a time that it does not say",
  proved: "Proved",
  unproved:
    "No. The line at the top says which check failed. Until IT has looked, take it that the record is being kept from you.",
  earlier:
    "No. It was erased before this gateway could show for which record an order was. Once the gateway is updated it can; until then whoever runs it can look the order up.",
  notYet: "Not yet: the log has to sign for it first. Verify again in a minute.",
  unchecked: "It could not be checked. The line at the top says why.",
  missing: "Not here",
  missingMeans:
    "The patient, the agent, what was asked, and the signed text of each decision with its reason and note.",
});

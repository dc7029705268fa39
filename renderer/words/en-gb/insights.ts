import { inLanguage } from "../language.ts";

const n = (count: number): string => count.toLocaleString("en-GB");
const one = (count: number, singular: string, plural: string): string =>
  `${n(count)} ${count === 1 ? singular : plural}`;
/** Whole points where there are many of them, else one decimal: 81 %, 3.5 %. */
const percent = (share: number): string => {
  const points = share * 100;
  return `${points >= 10 || points === 0 ? points.toFixed(0) : points.toFixed(1)} %`;
};
const seconds = (value: number): string => {
  if (value < 60) return `${value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value))} s`;
  if (value < 5400) return `${String(Math.round(value / 60))} min`;
  return `${String(Math.round(value / 360) / 10)} h`;
};
const hour = (at: number): string => `${String(at).padStart(2, "0")}:00`;
const signed = (value: number, say: (value: number) => string): string =>
  `${value < 0 ? "−" : "+"}${say(Math.abs(value))}`;

/** Words of the measures (S11). Titles say what was found; what they are made of is in approval-experience.md 11. */
export const insights = inLanguage({
  heading: "Insights",
  region: "Insights",
  reading: (requests: number): string =>
    requests === 0
      ? "Still asking the gateway"
      : `Reading and computing: ${requests.toLocaleString("en-GB")} requests so far`,
  stop: "Stop",
  stopped: "You stopped it before the figures were complete, so none are shown.",
  loading: "Asking the gateway and taking the measures",
  /** Of the process that reads and computes. */
  ended: "The part of this app that computes them ended.",
  failed: "The measures could not be taken.",
  again: "Try again",
  tooMany: "There are more requests in this period than can be read at once, so no figures are shown.",
  tooManyMeans: "Choose a shorter period or one unit.",
  showDays: { 7: "Show the last 7 days", 28: "Show the last 28 days", 91: "Show the last 13 weeks" },
  gateway: "Gateway",
  unit: "Unit",
  allUnits: { own: "My decisions", units: "All my units", all: "Everything" },
  period: "Period",
  days: { 7: "Last 7 days", 28: "Last 28 days", 91: "Last 13 weeks" },
  compared: (from: string, to: string): string => `Compared with ${from} to ${to}`,
  asTables: "Data as tables",
  asTable: "As a table",
  tableOf: (title: string): string => `Table: ${title}`,
  empty: "No requests in this period",
  emptyMeans: "Choose a longer period or another unit.",
  tooFew: "Too few to say",
  tooFewMeans: "Rates are shown from 10 on.",
  percent,
  seconds,
  count: n,
  rateOf: (count: number, of: number): string => `${n(count)} of ${n(of)}`,
  interval: (low: number, high: number): string => `95 % interval ${percent(low)} to ${percent(high)}`,
  change: (by: number): string => signed(by, percent),
  points: (by: number): string => `${signed(by * 100, (value) => (Math.round(value * 10) / 10).toString())} points`,
  unclear: "no clear change",
  before: "before",
  summary: {
    title: "Summary",
    requests: "Requests",
    open: (count: number): string => `${n(count)} still open`,
    approved: "Approved",
    denied: "Denied",
    expired: "Expired",
    withdrawn: "Withdrawn",
    late: "Late",
    decision: "Time to decision",
    opened: "Time to first look",
    median: "median",
    p90: (value: number): string => `9 in 10 within ${seconds(value)}`,
  },
  volume: {
    found: (total: number, from: number, count: number): string =>
      `Most requests come between ${hour(from)} and ${hour((from + 3) % 24)}: ${n(count)} of ${n(total)}`,
    axis: "Hour of the day at the facility",
    requests: "Requests",
    hour: "Hour",
    of: hour,
  },
  reasons: {
    found: (reason: string, count: number, of: number): string =>
      `The commonest reason for a denial: ${reason.toLowerCase()}, ${n(count)} of ${n(of)}`,
    none: "Nothing was denied in this period",
    overrides: (count: number): string =>
      count === 0
        ? "Nothing was approved against a warning"
        : `${one(count, "approval", "approvals")} against a warning`,
    denial: "Reason for a denial",
    override: "Approved against a warning because",
    count: "Times",
    codes: {
      "clinically-appropriate": "Clinically appropriate",
      "wrong-patient": "Wrong patient",
      "wrong-drug-or-dose": "Wrong medicine or dose",
      "allergy-or-interaction": "Allergy or interaction",
      duplicate: "Duplicate",
      "insufficient-information": "Not enough information",
      "outside-scope": "Agent overreached",
      "not-my-patient": "Not my patient",
      "not-needed": "Not needed",
      "stale-record": "Record is out of date",
      "needs-changes": "Something has to change first",
      "suspected-agent-error": "The agent made a mistake",
      "suspected-injection": "Agent's words mislead",
      emergency: "Emergency",
      other: "Other",
      "record-is-wrong": "Record is wrong",
      "tolerated-before": "Patient has had it before",
      "will-monitor": "Will monitor",
      "benefit-outweighs": "Benefit outweighs",
    },
  },
  attention: {
    found: (count: number, of: number, share: number): string =>
      `${n(count)} of ${n(of)} approvals (${percent(share)}) were read for less than half the expected time`,
    none: "Reading time: too few approvals to say",
    hidden: "Reading times are shown for groups of ten approvals and more. Nobody is named.",
    kind: "Request",
    agent: "Agent",
    active: "Read for, median",
    expected: "Expected, median",
    axis: "Seconds",
    below: "Read for less than half",
    readFor: "Read for",
    expectedOne: "Expected",
    list: "Approvals read briefly",
    listMeans: "Shown to you because they are your own, or because you are the designated reviewer. Not ranked.",
    when: "Signed",
    who: "Signer",
    you: "You",
    record: "Record",
  },
  drift: {
    measure: "Measure",
    measures: {
      denied: "Denied",
      conflict: "Conflict with the record",
      changed: "Sent again",
      expired: "Expired",
      quarantined: "Could not be approved",
      tier: "Mean tier",
      claim_characters: "Length of the agent's words",
    },
    above: (agent: string, measure: string, week: string): string =>
      `${agent}: ${measure.toLowerCase()} above the limit since the week of ${week}`,
    below: (agent: string, measure: string, week: string): string =>
      `${agent}: ${measure.toLowerCase()} below the limit since the week of ${week}`,
    once: (agent: string, measure: string, week: string): string =>
      `${agent}: ${measure.toLowerCase()} outside the limits in the week of ${week}`,
    model: (model: string, date: string): string => `model ${model} since ${date}`,
    steady: (agent: string, measure: string): string =>
      `${agent}: ${measure.toLowerCase()} within the limits in every week`,
    few: (agent: string): string => `${agent}: too few requests in any week to say`,
    newTypes: (types: string): string => `Asked for the first time: ${types}`,
    week: "Week of",
    value: "Observed",
    centre: "Mean of all weeks",
    low: "Lower limit",
    high: "Upper limit",
    n: "Requests",
    outside: "Outside",
    outsides: { above: "Above", below: "Below" },
    limits: "Limits are three standard errors of a week of its size (p-chart).",
    perAgent: "Agents",
    none: "No agent asked for anything",
  },
  fatigue: {
    found: (perHour: number): string => `${perHour.toFixed(1)} decisions for each hour in which somebody decides`,
    few: "Pace of decisions: too few to say",
    again: (count: number, of: number): string => `${n(count)} of ${n(of)} asked again for what had been denied`,
    hidden: "How often people decide, and how late in a shift, is told to the designated reviewer.",
    perHour: "Decisions for each signer-hour",
    hours: "Hours in which somebody decided",
    late: "Ten hours or more into a shift",
    repeat: "Asked again after a denial",
    measure: "Measure",
    value: "Value",
  },
  questions: {
    none: "No question about attention",
    title: (count: number): string => `${one(count, "question", "questions")} to look into`,
    requests: (kind: string, agent: string): string => `Are requests of “${kind}” by ${agent} worth asking?`,
    roster: (pool: string): string => `Does the roster of ${pool} leave time to read?`,
    person: (person: string): string => `Is there time to read? (${person})`,
    signals: {
      read_too_briefly: (count: number, of: number): string =>
        `${n(count)} of ${n(of)} approvals were read for less than half the expected time`,
      runs: (count: number, longest: number): string =>
        `${one(count, "run", "runs")} of six or more approvals less than five seconds apart, the longest of ${n(longest)}`,
      failed_or_revoked: (count: number, of: number): string =>
        `${n(count)} of ${n(of)} approvals failed or were revoked`,
      never_looked_further: (of: number): string =>
        `In ${n(of)} approvals nobody opened the raw view or the agent's words`,
      approves_above_mix: (approved: number, of: number, expected: number): string =>
        `${n(approved)} of ${n(of)} approved, where others would approve about ${n(Math.round(expected))}`,
    },
    means:
      "Two signs together ask a question, first about the requests, then the roster, last a person. It is not a finding about anybody.",
  },
  hints: {
    none: "No hint for policy",
    title: (count: number): string => `${one(count, "hint", "hints")} for policy`,
    could_allow: (kind: string, count: number, of: number): string =>
      `${kind}: ${n(count)} of ${n(of)} approved. Consider letting policy allow this.`,
    refused_often: (kind: string, count: number, of: number): string =>
      `${kind}: ${n(count)} of ${n(of)} denied. Should policy refuse it, or ask more?`,
    goes_wrong_often: (kind: string, count: number, of: number): string =>
      `${kind}: ${n(count)} of ${n(of)} approvals failed or were revoked. Should policy ask more?`,
    means: "Nothing is changed by a hint: policy is signed by the directory.",
  },
} as const);

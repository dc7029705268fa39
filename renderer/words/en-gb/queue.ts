import { inLanguage } from "../language.ts";

const count = (n: number, one: string, many: string): string => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
const requestCount = (n: number): string => count(n, "request", "requests");

export const queue = inLanguage({
  heading: "My requests",
  total: requestCount,
  search: "Search",
  searchHint: "Patient, number, item or agent",
  kind: "Type",
  allKinds: "All types",
  sort: "Sort",
  sorts: { due: "Due first", tier: "Highest tier first", received: "Newest first" },
  newRequests: (arrived: number, urgent: number): string =>
    `${count(arrived, "new request", "new requests")}.${urgent === 0 ? "" : ` ${urgent} urgent.`}`,
  show: "Show",
  hiddenUrgent: (n: number): string => `${count(n, "urgent request is", "urgent requests are")} hidden by this filter.`,
  showAll: "Show all",
  empty: "Nothing needs you.",
  emptyUnknown: "It is not known whether anything needs you.",
  emptyStopped: "No requests can arrive.",
  emptyStoppedMeans: "Everything is stopped: what waited was withdrawn, and agents can ask for nothing new.",
  emptyLive: (time: string): string => `Connected, checked ${time}.`,
  emptyOffline: "Not connected: there may be requests that this computer has not seen.",
  emptyFilter: "No request matches this filter.",
  clearFilter: "Clear filter",
  loading: "Loading requests",
  keys: [
    ["j k", "move"],
    ["Enter", "open"],
    ["d", "deny"],
    ["/", "search"],
    ["?", "keys"],
  ],
  footerNoKeys: "Single-key shortcuts are off. Tab moves, Enter opens",
  notConnectedAsOf: (time: string): string => `As of ${time}. Not connected.`,
  /** Of one gateway among several. */
  stateAsOf: (state: string, time: string): string => `${state}, as of ${time}`,
  chooseHint: "Choose a request first.",
  approveHint: "Open the request first.",
  row: {
    born: (date: string): string => `born ${date}`,
    due: (time: string, left: string): string => `Due ${time}, ${left}`,
  },
  flood: (n: number): string => `${requestCount(n)} in ten minutes from`,
  floodHint: "An agent that repeats itself may be failing. Deny one and report the agent.",
  floodOpen: "Show them",
  floodClose: "Hide them",
} as const);

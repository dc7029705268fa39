import { inLanguage } from "../language.ts";

/** Words of the frame around every screen. Sentence case, British spelling; what happened and what to do next. */
export const shell = inLanguage({
  product: "Countersign",
  titles: {
    queue: "Countersign - Queue",
    review: "Countersign - Review",
    history: "Countersign - History",
    insights: "Countersign - Insights",
    settings: "Countersign - Settings",
    scenarios: "Countersign - Scenarios",
    locked: "Countersign - Locked",
    setup: "Countersign - Set up",
    practice: "Countersign - Practice",
    starting: "Countersign",
  },
  /** Before every window title in the demonstration. */
  demoTitle: (title: string): string => `DEMO - ${title}`,
  demo: "DEMO - nothing here is real",
  nav: {
    label: "Main",
    queue: "Queue",
    history: "History",
    insights: "Insights",
    settings: "Settings",
    scenarios: "Scenarios",
  },
  lock: "Lock",
  help: "Keys",
  identity: "You sign as",
  regNo: "Reg. no.",
  regions: {
    strips: "Notices",
    bar: "App bar",
    banner: "Patient",
    body: "Content",
    decision: "Decision",
    list: "Requests",
    footer: "Status",
  },
  /** Over the page while nobody uses the workstation. */
  idle: {
    hidden: "Hidden while nobody is using this workstation",
    goOn: "Move the mouse or press any key to go on.",
    locking: "Countersign locks in 20 seconds",
    stay: "Press any key to stay signed in.",
  },
  starting: "Starting",
  startingSlow: "Still starting. Countersign waits for its own main process.",
  failed: "Countersign could not start",
  tryAgain: "Try again",
  code: (code: string): string => `Code ${code}`,
  connected: (time: string): string => `Connected ${time}`,
  notices: {
    connected: "Connected again",
    disconnected: "Not connected",
    copied: "Copied",
    saved: "Saved",
    key_added: "A signing key was added under your name on another computer. If that was not you, tell IT now.",
  },
  dismiss: "Dismiss",
} as const);

export const connection = inLanguage({
  offline: (since: string): string => `Not connected since ${since}.`,
  offlineMeans: "You can read and deny, not approve. Trying again.",
  downtime: "If care cannot wait, follow your ward's downtime procedure.",
  stale: (since: string): string => `No answer from the gateway since ${since}. You can read and deny, not approve.`,
  connecting: "Connecting to the gateway. You can read and deny, not approve.",
  catchingUp: "Catching up with the gateway. Approvals are on again when every request is current.",
  refused: "The gateway does not accept this workstation.",
  unopened: "Your key or files for this gateway did not open here, so its requests are not listed. Tell IT.",
  clock: (minutes: string): string =>
    `This workstation's clock is ${minutes} wrong. Approvals are off until IT fixes it.`,
  clockNotice: (seconds: number): string =>
    `This workstation's clock is ${seconds} s off. Times here are the gateway's.`,
  logAlarm: (code: string): string =>
    code === "E_LOG_ERASURE"
      ? "The gateway says that a record was erased, and its log does not prove that. Tell IT now."
      : "The gateway's log does not continue the one this computer saw before. Tell IT now.",
  logBeganAnew:
    "This gateway keeps a new log. The hospital's directory vouches for its key, and this computer keeps what it saw of the log before it.",
  everything: {
    since: (time: string): string => `Everything is stopped since ${time}`,
    by: "by",
    receipt: "The gateway's receipt says who; why is told to supervisors.",
    byOperators: (since: string): string => `${since} by those who run the gateway.`,
    unproven: (since: string): string => `${since}. Who stopped it cannot be proven: tell IT.`,
    means: "Agents can ask for nothing and do nothing until it is resumed.",
    resumed: "Everything is resumed. Agents can ask again.",
    /** For a supervisor. */
    meansResumable: "Agents can ask for nothing and do nothing. You may resume it in History or Insights.",
  },
  gateway: (name: string): string => `Gateway: ${name}`,
  /** In short, beside a gateway's name. */
  states: {
    connecting: "Connecting",
    live: "Connected",
    catching_up: "Catching up",
    stale: "No answer",
    offline: "Not connected",
    refused: "Refused by the gateway",
    unopened: "Not opened",
  },
  ofGateway: (name: string, what: string): string => `${name}: ${what}`,
} as const);

export const times = inLanguage({
  now: "now",
  minutes: (count: number): string => `${count} min`,
  hours: (hours: number, minutes: number): string => (minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`),
  days: (days: number): string => (days === 1 ? "1 day" : `${days} days`),
  seconds: (count: number): string => `${count} s`,
  spokenMinutes: (count: number): string => (count === 1 ? "1 minute" : `${count} minutes`),
  asOf: (time: string): string => `As of ${time}`,
} as const);

import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import type { HistoryRow } from "#shared/ipc/contract.ts";

import { answer } from "../../blackbox/command.ts";
import { PIN } from "../../electron/approval.ts";
import { makeHeadless } from "../../electron/headless-workstation.ts";
import type { Prison, Workstation } from "./arrange.ts";

/** What the whole of it came to; every list has to be empty. */
export interface Reckoning {
  readonly requests: number;
  readonly states: Readonly<Record<string, number>>;
  /** Acknowledged to an agent, or to a person, and not there. */
  readonly lost: readonly string[];
  /** There, and nobody asked for or decided it. */
  readonly invented: readonly string[];
  /** Two places that say different things of one request. */
  readonly differing: readonly string[];
}

interface Stored {
  readonly state: string;
  readonly decisions: readonly { readonly kind: string; readonly kid: string }[];
}

const EXECUTED: ReadonlySet<string> = new Set(["completed", "failed"]);
/** What a workstation shows only where an approval, or a denial, was recorded. */
const SHOWN = {
  approve: new Set(["held", "executing", "executed", "failed"]),
  deny: new Set(["denied"]),
} as const;

/** Compares gateway, workstations, agent and the hospital's system with each other. Everything has stopped. */
export async function reckon(prison: Prison): Promise<Reckoning> {
  const { hospital, bodies, workstations } = prison;
  const stored = readStore(path.join(hospital.folder, "gateway", "gateway.sqlite"));
  const lost = [...bodies.keys()].filter((rid) => !stored.has(rid)).map((rid) => `request ${rid}`);
  const invented = [...stored.keys()].filter((rid) => !bodies.has(rid)).map((rid) => `request ${rid}`);
  const differing: string[] = [];
  const writes = new Map<string, number>();
  for (const { body } of hospital.record.writes) writes.set(body, (writes.get(body) ?? 0) + 1);

  for (const [rid, { state, decisions }] of stored) {
    const kinds = decisions.map(({ kind }) => kind);
    const done = writes.get(bodies.get(rid) ?? "") ?? 0;
    if (kinds.length > 1) differing.push(`${rid} was decided ${kinds.join(" and ")}`);
    if (EXECUTED.has(state) !== (kinds[0] === "approve")) differing.push(`${rid} is ${state} after ${kinds.join()}`);
    if ((state === "denied") !== (kinds[0] === "deny")) differing.push(`${rid} is ${state} after ${kinds.join()}`);
    const most = EXECUTED.has(state) ? 1 : 0;
    const least = state === "completed" ? 1 : 0;
    if (done > most || done < least) differing.push(`${rid} is ${state} and was written ${String(done)} times`);
  }
  for (const body of writes.keys()) {
    if (![...bodies.values()].includes(body))
      invented.push(`a write that nobody asked for: ${String(body.length)} characters`);
  }
  for (const one of workstations) {
    const found = await compare(one, stored);
    lost.push(...found.lost);
    differing.push(...found.differing);
  }
  const verified = await answer<{ ok: boolean }>(["log", "verify"], hospital.env);
  if (!verified.ok) differing.push("the log does not verify");
  const states: Record<string, number> = {};
  for (const { state } of stored.values()) states[state] = (states[state] ?? 0) + 1;
  return { requests: stored.size, states, lost, invented, differing };
}

function readStore(file: string): Map<string, Stored> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const decisions = db.prepare("SELECT rid, decision, kid FROM decisions WHERE live = 1").all();
    const of = (rid: unknown) =>
      decisions
        .filter((one) => one["rid"] === rid)
        .map((one) => ({ kind: String(one["decision"]), kid: String(one["kid"]) }));
    const requests = db.prepare("SELECT rid, state FROM requests").all();
    return new Map(requests.map(({ rid, state }) => [String(rid), { state: String(state), decisions: of(rid) }]));
  } finally {
    db.close();
  }
}

/** A workstation's own evidence, read and verified as its history does, and every line that it ever showed. */
async function compare(
  workstation: Workstation,
  stored: ReadonlyMap<string, Stored>,
): Promise<Pick<Reckoning, "lost" | "differing">> {
  const { folder, kid } = workstation;
  const [lost, differing]: [string[], string[]] = [[], []];
  const history = await readHistory(folder, kid);
  const mine = new Map<string, HistoryRow>();
  for (const row of history) {
    const { state, decisions } = stored.get(row.key.rid) ?? { state: "unknown", decisions: [] };
    const isRecorded = decisions.some((one) => one.kid === kid && one.kind === row.decision);
    // One that could no longer count has no receipt, and the gateway has nothing of it (protocol.md 3.7).
    if (row.signature !== "valid" && (isRecorded || row.signature !== "cannot_check")) {
      differing.push(`${row.key.rid}: evidence is ${row.signature} (${row.why ?? ""})`);
    }
    if (isRecorded) mine.set(row.key.rid, row);
    if (isRecorded && row.outcome !== state) differing.push(`${row.key.rid} is ${state} and shown as ${row.outcome}`);
  }
  for (const [rid, { decisions }] of stored) {
    if (decisions.some((one) => one.kid === kid) && !mine.has(rid)) lost.push(`the author's evidence of ${rid}`);
  }
  for (const line of workstation.shown()) {
    const [what, rid = "", status = ""] = line.split(" ");
    if (what !== "row") differing.push(line);
    const kind = stored.get(rid)?.decisions[0]?.kind;
    for (const one of ["approve", "deny"] as const) {
      if (SHOWN[one].has(status) && kind !== one)
        differing.push(`${rid} was shown as ${status} after ${kind ?? "nothing"}`);
    }
  }
  return { lost, differing };
}

const PAGE = 200;

async function readHistory(folder: string, kid: string): Promise<readonly HistoryRow[]> {
  const app = makeHeadless(folder);
  await app.workstation.start();
  try {
    const opened = await app.ask("unlock", { kid, pin: PIN });
    if (!opened.ok) throw new Error(opened.error.code);
    const rows = new Map<string, HistoryRow>();
    for (let before: number | undefined; ;) {
      const reply = await app.ask("list_history", { limit: PAGE, ...(before === undefined ? {} : { before }) });
      if (!reply.ok) throw new Error(reply.error.code);
      const page = reply.value as readonly HistoryRow[];
      for (const row of page) rows.set(`${row.key.rid} ${row.decision} ${String(row.at)}`, row);
      const last = page.at(-1)?.at;
      if (page.length < PAGE || last === undefined) return [...rows.values()];
      // Others of the same second may be on the next page.
      before = last + 1 === before ? last : last + 1;
    }
  } finally {
    await app.workstation.stop();
  }
}

import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "vitest";

import type { AppEvent, AppSnapshot, HistoryRow, QueueRow } from "#shared/ipc/contract.ts";

import { answer, run } from "../blackbox/command.ts";
import { checkBundle, type Bundle } from "../blackbox/evidence.ts";
import { ISS } from "../blackbox/hospital.ts";
import type { Receipt, RequestClaims } from "../blackbox/objects.ts";
import { jdig, payloadOf } from "../blackbox/signed.ts";
import { checkLogExtends, checkNoContent, notesOf } from "./invariants.ts";
import type { Site } from "./site.ts";

/** What is asked of a workstation: the main process alone, or the whole app, which answers from another process. */
export interface Asked {
  readonly ask: (command: "list_history", input: { limit: number }) => Promise<unknown>;
  readonly snapshot: () => AppSnapshot | Promise<AppSnapshot>;
  /** Everything that the page was ever told. */
  readonly events: { readonly all: readonly AppEvent[] };
  readonly faults: readonly unknown[];
  readonly damaged: readonly string[];
}
export type Checked = Pick<Site, "hospital" | "witness" | "logs" | "raised" | "serving" | "stop"> & {
  readonly app: Asked;
};

/** What has to have come of a request: who decided it how, and where it stands. */
export interface Came {
  readonly decision?: "approve" | "deny";
  readonly state: string;
  /** Somebody else's decision: what this workstation signed counted for nothing. */
  readonly by?: "another";
}

const COUNTED: readonly string[] = ["approved", "executing", "completed", "failed", "denied"];

/** What a workstation shows only where an approval, or a denial, was recorded. */
const SHOWS: Readonly<Record<"approve" | "deny", readonly QueueRow["status"]["kind"][]>> = {
  approve: ["held", "executing", "executed", "failed", "revoked"],
  deny: ["denied"],
};

/**
 * The seven invariants of reliability.md 7, after a fault, over everything that a site did: at the workstation, at the
 * gateway, in the log, at the hospital's system, and in the database once the gateway has stopped.
 */
export async function checkEverywhere(site: Checked, came: ReadonlyMap<string, Came>): Promise<void> {
  expect([...came.keys()].sort()).toEqual([...site.raised].sort());
  await checkServing(site, came);
  await checkStopped(site);
}

/** I1 and I5 in the database, once the gateway has stopped: nothing is stored that nobody asked for; the whole log. */
export async function checkStopped(site: Checked): Promise<void> {
  await site.stop();
  expect(stored(site.hospital.folder)).toEqual([...site.raised].sort());
  expect(await answer(["log", "verify"], site.hospital.env)).toMatchObject({ ok: true });
}

/**
 * The same as far as it can be seen while the gateway serves on, for one row of many.
 * @param came the requests of this row, with everything that was executed since `writes`
 * @param writes how often the hospital's system had been written to before
 */
export async function checkServing(site: Checked, came: ReadonlyMap<string, Came>, writes = 0): Promise<void> {
  const { hospital, app, witness } = site;
  const logs = [...site.logs, site.serving.log()];
  const bodies: string[] = [];
  const notes: string[] = [];
  for (const [rid, { decision, state, by }] of came) {
    // I1, I2: the same at the gateway as was decided.
    await expect.poll(() => hospital.state(rid), { timeout: 30_000 }).toBe(state);
    // I4: the workstation never showed what nobody recorded.
    for (const kind of ["approve", "deny"] as const) {
      if (kind !== decision)
        expect(shown(app.events.all, rid).filter((status) => SHOWS[kind].includes(status))).toEqual([]);
    }
    if (decision === undefined) continue;
    const bundle = await bundleOf(site, rid);
    const claims = payloadOf<RequestClaims>(bundle.request);
    if (state === "completed") bodies.push(claims.action.op.body);
    notes.push(...notesOf(bundle));
    checkRecorded(bundle, decision);
    // I2, I3: the workstation has the same receipt, and its own history verifies and says the same.
    if (by === undefined) {
      const mine = async () => (await history(site, rid))[0];
      await expect.poll(mine).toMatchObject({ decision, outcome: state, signature: "valid" });
      // What was signed over an earlier revision counted for nothing.
      for (const { outcome } of (await history(site, rid)).slice(1)) expect(COUNTED).not.toContain(outcome);
    }
    checkNoContent(logs, claims);
  }
  // I2, I6: the hospital's system was sent what was approved, once each, and nothing else.
  const written = hospital.record.writes.slice(writes).map(({ body }) => body);
  expect(written.sort()).toEqual(bodies.sort());
  // I5: at the gateway, and at the workstation, which compares every checkpoint with the one it pinned.
  await checkLogExtends(witness, String(site.serving.line["ws_url"]), notes);
  expect((await app.snapshot()).gateways[0]?.log_alarm).toBeUndefined();
  expect([app.faults, app.damaged]).toEqual([[], []]);
}

async function bundleOf({ hospital, witness }: Checked, rid: string): Promise<Bundle> {
  const file = path.join(hospital.folder, `${rid}.json`);
  await expect
    .poll(async () => (await run(["gateway", "bundle", rid, "--out", file], hospital.env)).status, { timeout: 30_000 })
    .toBe(0);
  const bundle = JSON.parse(readFileSync(file, "utf8")) as Bundle;
  checkBundle(bundle, witness.pinned.directory);
  return bundle;
}

/** One decision, one receipt, one leaf. */
function checkRecorded({ request, decisions, receipts, log }: Bundle, decision: string): void {
  expect(decisions.map((jws) => payloadOf<{ decision: string }>(jws).decision)).toEqual([decision]);
  expect(payloadOf<{ req_dig: string }>(decisions[0]).req_dig).toBe(jdig(request));
  expect(receipts.map((jws) => payloadOf<Receipt>(jws).result)).toEqual(["recorded"]);
  const leaves = log.entries.map((entry) => JSON.parse(entry) as { t: string });
  expect(leaves.filter(({ t }) => t === "decision")).toHaveLength(1);
}

async function history({ app }: Checked, rid: string): Promise<readonly HistoryRow[]> {
  const reply = (await app.ask("list_history", { limit: 200 })) as { value: readonly HistoryRow[] };
  return reply.value.filter(({ key }) => key.rid === rid && key.iss === ISS);
}

/** Every status that the page was ever given of a request. */
function shown(events: readonly AppEvent[], rid: string): QueueRow["status"]["kind"][] {
  const rows = events.flatMap((event) =>
    event.kind === "rows" ? event.rows : event.kind === "snapshot" ? event.snapshot.rows : [],
  );
  return rows.filter(({ key }) => key.rid === rid).map(({ status }) => status.kind);
}

function stored(folder: string): string[] {
  const db = new DatabaseSync(path.join(folder, "gateway", "gateway.sqlite"), { readOnly: true });
  try {
    return db
      .prepare("SELECT DISTINCT rid FROM requests ORDER BY rid")
      .all()
      .map(({ rid }) => String(rid));
  } finally {
    db.close();
  }
}

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "vitest";

import { run } from "../blackbox/command.ts";
import { checkBundle, type Bundle } from "../blackbox/evidence.ts";
import type { Hospital } from "../blackbox/hospital.ts";
import { continues, readNote } from "../blackbox/log.ts";
import { eventOf, type RequestClaims, type SetClaims } from "../blackbox/objects.ts";
import type { Person } from "../blackbox/person.ts";
import { payloadOf } from "../blackbox/signed.ts";

/** One decision that a person signed, and every receipt they were given for it. */
export interface Attempt {
  readonly rid: string;
  readonly request: string;
  readonly decision: string;
  readonly receipts: string[];
}

/** What has to have come of it. */
export interface End {
  readonly outcome: "task-completed" | "task-failed";
  /** How often the hospital's system was written to. */
  readonly writes: 0 | 1;
}

export interface World extends End {
  readonly hospital: Hospital;
  /** Where the gateway is now. */
  readonly address: string;
  /** What its processes wrote to their logs. */
  readonly logs: readonly string[];
  /** Somebody who looks, and has decided nothing. */
  readonly person: Person;
  readonly attempt: Attempt;
}

/**
 * The invariants of reliability.md 7, after a fault, from outside: what a client, the hospital's system and a stranger
 * with the directory's key can see.
 * @returns members of the event that says what came of it
 */
export async function checkInvariants(world: World): Promise<unknown> {
  const { hospital, address, logs, person, attempt, outcome } = world;
  const { rid, request, decision, receipts } = attempt;
  const claims = payloadOf<RequestClaims>(request);

  // I2: at most one effective decision, the same at client, gateway, audit and executor; I6: nothing else was executed.
  expect(hospital.record.writes.map(({ body }) => body)).toEqual(Array(world.writes).fill(claims.action.op.body));

  const file = path.join(hospital.folder, `${rid}.json`);
  // There is evidence once a checkpoint signs for it.
  const made = async (): Promise<string> => {
    const { status, err } = await run(["gateway", "bundle", rid, "--out", file], hospital.env);
    return status === 0 ? "" : err;
  };
  await expect.poll(made, { timeout: 30_000 }).toBe("");
  const bundle = JSON.parse(readFileSync(file, "utf8")) as Bundle;
  // I1: nothing lost, nothing invented; I3: every receipt that was given is there.
  expect(bundle.request).toBe(request);
  expect(bundle.decisions).toEqual([decision]);
  expect(bundle.receipts).toHaveLength(1);
  for (const receipt of receipts) expect(bundle.receipts).toContain(receipt);
  // I4: what the client shows as approved stands on evidence that verifies with the directory's key alone.
  expect(checkBundle(bundle, person.pinned.directory)).toContain(outcome);
  const leaves = bundle.log.entries.map((entry) => JSON.parse(entry) as { t: string; rid?: string });
  expect(leaves.filter(({ t }) => t === "decision")).toHaveLength(1);

  // I5: the log extends every checkpoint that anybody was given.
  await checkLogExtends(person, address, notesOf(bundle));
  // I7: nothing of the patient or the order is in a log.
  checkNoContent(logs, claims);
  const events = bundle.events.map((set) => eventOf(payloadOf<SetClaims>(set)));
  return events.find(({ name }) => name === outcome)?.members;
}

/** The checkpoints that a bundle's proofs stand on. */
export const notesOf = ({ log }: Bundle): readonly string[] =>
  log.proofs.map((proof) => proof.slice(proof.indexOf("\n\n") + 2));

/** I5: what the gateway signs now extends each of these checkpoints, or is extended by it. */
export async function checkLogExtends(person: Person, address: string, notes: readonly string[]): Promise<void> {
  const { vkey } = person.pinned.gateway.log;
  const { socket, ready } = await person.connect(address);
  const newest = readNote(String(ready["checkpoint"]), vkey);
  for (const one of notes.map((note) => readNote(note, vkey))) {
    const [from, to] = one.size <= newest.size ? [one, newest] : [newest, one];
    const { body } = await socket.ask("log.consistency", { from: from.size, to: to.size });
    const hashes = (body["hashes"] as string[] | undefined) ?? [];
    const proof = hashes.map((hash) => Buffer.from(hash, "base64url"));
    expect(continues(from, to, proof)).toBe(true);
  }
  socket.close();
}

/** I7: nothing of the patient or of what is to be done. */
export function checkNoContent(logs: readonly string[], { patient, action }: RequestClaims): void {
  for (const word of [patient?.name, patient?.ref, action.op.body.slice(0, 40)]) {
    if (word !== undefined && word !== "") expect(logs.join("\n")).not.toContain(word);
  }
}

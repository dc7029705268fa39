import { randomBytes } from "node:crypto";

import { describe, expect, it, onTestFinished } from "vitest";

import type { Exercise, GatewayStatus, PracticeStatus, QueueRow } from "#shared/ipc/contract.ts";
import type { PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { TYP } from "#shared/protocol/names.ts";
import { verifyDecision } from "#shared/protocol/verify/decision.ts";
import type { VerificationState } from "#shared/protocol/verify/state.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { trustGateway } from "../../../electron/connection/trusted-gateway.ts";
import type { Known } from "../../../electron/keys/keyring.ts";
import { personOf, readCredential } from "../../../electron/keys/people.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import { EXERCISES } from "../../../electron/practice/exercises.ts";
import { makeIssuers } from "../../../electron/practice/issuers.ts";
import { PRACTICE_DIRECTORY } from "../../../electron/practice/places.ts";
import { openPractice } from "../../../electron/practice/practice.ts";
import { PIN } from "../enrol-with.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, makeHospital, newId, T0 } from "../hospital.ts";
import { Inbox } from "../inbox.ts";
import { makeManualClock } from "../manual-clock.ts";
import { approvalOf, denialOf, rowOf } from "./answer.ts";

const hospital = makeHospital();

function somebody(): Known {
  const { kid, jwk } = makeUnlockedKey(softwareKeyStore(randomBytes).make().privateKey, "software");
  const directory = { iss: DIRECTORY_ISS, key: crypto.importKey(hospital.directory.jwk) };
  const credential = hospital.approverCredential(jwk);
  const claims = readCredential(crypto, credential, directory, kid);
  const enrolment = {
    kid,
    storage: "software" as const,
    iss: GATEWAY_ISS,
    gateway_name: "Northgate Hospital",
    env: "demo" as const,
    ws_endpoint: "ws://127.0.0.1:1/",
    credential,
    directory_iss: DIRECTORY_ISS,
    directory: hospital.directory.jwk,
  };
  return { enrolment, claims, directory, person: personOf(claims, enrolment) };
}

type Told =
  { readonly kind: "row"; readonly row: QueueRow } | { readonly kind: "gateway"; readonly status: GatewayStatus };

async function arrange() {
  const clock = makeManualClock();
  const told = new Inbox<Told>();
  const pins: string[] = [];
  const overs: PracticeStatus[] = [];
  /** Every signed message that was looked at on either side. */
  const verified: { readonly jws: string; readonly jwk: PublicJwk }[] = [];
  const { desk, start } = openPractice(
    {
      crypto: {
        ...crypto,
        verify(key, data, signature) {
          const jws = `${Buffer.from(data).toString()}.${Buffer.from(signature).toString("base64url")}`;
          verified.push({ jws, jwk: key.jwk });
          return crypto.verify(key, data, signature);
        },
      },
      clock,
      random: randomBytes,
      newId,
      client: { app: "Countersign", ver: "0.1.0", os: "test" },
      zone: () => "Europe/London",
      keyring: {
        async verify(_kid, pin) {
          pins.push(pin);
          if (pin !== PIN) throw new CountersignError("E_CLI_PIN");
        },
      },
    },
    somebody(),
    {
      onRow: (row) => told.put({ kind: "row", row }),
      onRowGone: () => undefined,
      onReview: () => undefined,
      onGateway: (status) => told.put({ kind: "gateway", status }),
      onConnection: () => undefined,
      onReading: () => undefined,
      onKeyAdded: () => undefined,
      onArrived: () => undefined,
    },
    (over) => overs.push(over),
  );
  onTestFinished(() => desk.close());
  desk.focus(true);
  await start();
  await told.next((one) => one.kind === "gateway" && one.status.connection.kind === "live");
  const status = (exercise: Exercise) => rowOf(desk.rows(), exercise)?.status.kind;
  const open = (exercise: Exercise) => desk.openReview(rowOf(desk.rows(), exercise)!.key);
  const until = (exercise: Exercise, kind: string) =>
    status(exercise) === kind
      ? Promise.resolve()
      : told.next((one) => one.kind === "row" && rowOf([one.row], exercise)?.status.kind === kind);
  return {
    clock,
    desk,
    pins,
    status,
    open,
    until,
    deny: async (exercise: Exercise) => {
      await desk.decide(denialOf(open(exercise)));
      await until(exercise, "denied");
    },
    approve: async (exercise: Exercise) => {
      const review = open(exercise);
      clock.advance(3_000);
      await desk.decide(approvalOf(review));
      await until(exercise, "held");
    },
    executed: async (exercise: Exercise) => {
      clock.advance(11_000);
      await until(exercise, "executed");
    },
    overs,
    verified,
  };
}

const headerOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split(".")[0]!, "base64url").toString()) as { readonly typ: string; readonly kid: string };

describe("the practice", () => {
  it("is the app's own desk with three requests that nothing is wrong with, the contradiction due last", async () => {
    const { desk } = await arrange();
    const rows = [...desk.rows()].sort((a, b) => a.exp - b.exp);
    expect(rows.map(({ status, tier, conflict }) => [status.kind, tier, conflict])).toEqual([
      ["pending", 1, false],
      ["pending", 2, false],
      ["pending", 2, true],
    ]);
    expect(desk.gateway()).toMatchObject({ env: "demo", name: "Practice", refused: {} });
  });

  it("is passed by who approves what nothing speaks against and denies what contradicts the record", async () => {
    const { approve, executed, deny, overs, pins } = await arrange();
    await approve("repeat");
    await executed("repeat");
    await approve("dose-change");
    await executed("dose-change");
    await deny("wrong-weight");
    expect(overs).toHaveLength(1);
    expect(overs[0]).toEqual({
      kind: "over",
      passed: true,
      results: [
        { exercise: "repeat", right: "approve", answer: "approve" },
        { exercise: "dose-change", right: "approve", answer: "approve" },
        { exercise: "wrong-weight", right: "deny", answer: "deny" },
      ],
    });
    // A routine request takes no PIN; a high one does, and it is the person's own.
    expect(pins).toEqual([PIN]);
  });

  it("is not passed by who believes the agent, and tells it once the approval can no longer be taken back", async () => {
    const { approve, executed, overs } = await arrange();
    for (const { name } of EXERCISES) await approve(name);
    expect(overs).toEqual([]);
    for (const { name } of EXERCISES) await executed(name);
    expect(overs[0]).toMatchObject({ passed: false, results: [{}, {}, { answer: "approve", right: "deny" }] });
  });

  it("is not passed by who denies everything, and an approval that is taken back counts as a denial", async () => {
    const { approve, deny, desk, open, until, overs } = await arrange();
    await deny("repeat");
    await deny("dose-change");
    await approve("wrong-weight");
    const { row, claims } = open("wrong-weight");
    const choice = { kind: "revoke", reason: { code: "wrong-drug-or-dose" } } as const;
    await desk.decide({ key: row.key, rev: claims.rev, digest: row.digest, choice });
    await until("wrong-weight", "revoked");
    expect(overs[0]).toMatchObject({
      passed: false,
      results: [{ answer: "deny" }, { answer: "deny" }, { answer: "deny" }],
    });
  });

  it("has the guards of the real thing", async () => {
    const { desk, open, clock, status } = await arrange();
    const early = open("dose-change");
    await expect(desk.decide(approvalOf(early))).rejects.toMatchObject({ code: "E_DWELL" });
    clock.advance(3_000);
    await expect(desk.decide(approvalOf(early, "000001"))).rejects.toMatchObject({ code: "E_CLI_PIN" });
    const conflict = open("wrong-weight");
    clock.advance(3_000);
    const blind = approvalOf(conflict);
    if (blind.choice.kind !== "approve") throw new Error("not an approval");
    for (const [choice, code] of [
      [{ ...blind.choice, overrides: [] }, "E_ACK_MISSING"],
      [{ ...blind.choice, seen: [] }, "E_DSP_INCOMPLETE"],
      [{ ...blind.choice, reentry: { initials: "XX", birth_year: "2018" } }, "E_CLI_REENTRY"],
    ] satisfies [typeof blind.choice, string][]) {
      await expect(desk.decide({ ...blind, choice })).rejects.toMatchObject({ code });
    }
    expect(status("wrong-weight")).toBe("pending");
  });

  it("refuses what is not practised in words, and has no history", async () => {
    const { desk, open, deny } = await arrange();
    const { row } = open("repeat");
    await expect(desk.extend(row.key, 1, 600)).rejects.toMatchObject({ code: "E_CLI_PRACTICE" });
    await expect(desk.revokeKey()).rejects.toMatchObject({ code: "E_CLI_PRACTICE" });
    await deny("repeat");
    expect(await desk.history(100)).toEqual([]);
  });
});

describe("what is signed in a practice", () => {
  it("names nobody's gateway, is marked as a demonstration, and has keys of its own in each attempt", async () => {
    const [one, other] = [await arrange(), await arrange()];
    const [mine, theirs] = [one.open("repeat"), other.open("repeat")];
    expect(new URL(mine.claims.iss).hostname).toMatch(/\.invalid$/);
    expect(one.desk.kid).not.toBe(other.desk.kid);
    expect(mine.row.digest).not.toBe(theirs.row.digest);
  });

  it("is no decision at a real gateway, not even at one that knew the key and the request", async () => {
    const { approve, verified, open } = await arrange();
    await approve("repeat");
    const { claims, row } = open("repeat");
    const { jws: decision, jwk } = verified.find(({ jws }) => headerOf(jws).typ === TYP.decision)!;
    const { sub, iss: device } = readStored("decision", decision);
    expect([new URL(sub).hostname, new URL(device).hostname]).toEqual([
      "directory.practice.invalid",
      "directory.practice.invalid",
    ]);
    const { kid } = headerOf(decision);
    const entry = {
      ...{ kid, jwk, sub, device, status: "active" as const, nbf: 0, exp: 2_000_000_000 },
      ...{ pools: ["practice"], roles: [], key_storage: "software" },
    };
    const real = (over: Partial<VerificationState>): VerificationState => ({
      crypto,
      iss: GATEWAY_ISS,
      now: claims.iat + 3,
      directoryEntry: () => undefined,
      answer: () => undefined,
      currentRequest: () => ({ dig: row.digest, state: "open", claims }),
      decisions: () => [],
      chainHead: () => undefined,
      template: () => undefined,
      nonceConsumed: () => false,
      ...over,
    });
    const known = { directoryEntry: () => entry };
    expect(verifyDecision(decision, real({}))).toMatchObject({ kind: "error", code: "E_KEY_UNKNOWN" });
    expect(verifyDecision(decision, real(known))).toMatchObject({ code: "E_CLM_AUD" });
  });

  it("comes from a gateway that nobody who is enrolled elsewhere believes", () => {
    const { gatewayCredential } = makeIssuers(crypto, newId, T0);
    const directory = { iss: DIRECTORY_ISS, key: crypto.importKey(hospital.directory.jwk) };
    expect(() => trustGateway(crypto, gatewayCredential, directory, T0)).toThrow(CountersignError);
    expect(readStored("gateway", gatewayCredential)).toMatchObject({ env: "demo", iss: PRACTICE_DIRECTORY });
  });
});

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";
import { makeVkey } from "#shared/ledger/note.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { checkpointFile } from "../../../gateway/audit/checkpoint-file.ts";
import type { Core, Session } from "../../../gateway/core.ts";
import { initDirectory, openAuthority, openDirectory } from "../../../gateway/directory/directory.ts";
import { makeCore } from "../../../gateway/make-core.ts";
import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import { crypto, enrol, makeDevice, type Device } from "../../gateway/device.ts";
import { askPolicy, DIR, FHIR, GW, makeAgent, makeDraft, ORDER } from "../../gateway/world.ts";
import { makeBenchClock, type BenchClock } from "./clock.ts";

export const POOLS = ["cardiology", "oncology", "emergency", "surgery"] as const;
const APPROVERS = 12;
export const AGENTS = Array.from({ length: 8 }, (_, i) => `spiffe://hospital.example/agents/agent-${String(i)}`);

export const PERSON = (name: string): string => `${DIR}/approvers/${name}`;

export interface BenchPerson {
  readonly key: PrivateJwk;
  readonly device: Device;
  readonly cred: string;
  readonly session: Session;
}

/** A gateway on a folder that stays, with everybody's keys beside it: a later run goes on where this one ends. */
export interface BenchHospital {
  readonly folder: string;
  readonly core: Core;
  readonly db: DatabaseSync;
  readonly clock: BenchClock;
  readonly gateway: ReturnType<typeof makeSigner>;
  readonly gatewayKey: PrivateJwk;
  readonly directoryKey: Readonly<Record<string, string>>;
  readonly approvers: readonly BenchPerson[];
  readonly supervisor: BenchPerson;
  readonly auditor: BenchPerson;
  /** A real request of the nth of some kinds: another agent, pool and patient. */
  raise(kind: number): Promise<string>;
  close(): Promise<void>;
}

interface Kept {
  readonly gateway: PrivateJwk;
  readonly log: PrivateJwk;
  readonly people: readonly { readonly key: PrivateJwk; readonly cred: string }[];
}

const KEYS = "keys.json";
const START_MS = 1_790_000_000_000;

/** Opens what an earlier run left in the folder, or begins anew; a folder without its keys was never finished. */
export function openHospital(folder: string): BenchHospital {
  const keys = join(folder, KEYS);
  const clock = makeBenchClock(START_MS);
  if (!existsSync(keys)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(keys, JSON.stringify(found(folder, clock)), { mode: 0o600 });
  }
  // The bench's own file.
  const kept = JSON.parse(readFileSync(keys, "utf8")) as Kept;
  const [signer, logSigner] = [makeSigner(kept.gateway), makeSigner(kept.log)];
  const db = openDatabase(join(folder, "gateway", "gateway.sqlite"), { access: "alone", migrations: MIGRATIONS });
  const fail = (error: unknown): never => {
    throw error;
  };
  // A key that stays, so that a later run can read what this one wrote.
  const storeKey = new Uint8Array(32).fill(1);
  const store = makeSqliteStore(db, {
    newEpoch: () => "bench",
    newKey: () => randomBytes(32),
    storeKey,
    onFault: fail,
  });
  const last = Number(db.prepare("SELECT COALESCE(MAX(changed_at), 0) AS at FROM report_rows").get()?.["at"]);
  clock.set(Math.max(START_MS, (last + 1) * 1000));
  const directory = openDirectory(join(folder, "directory"), { clock });
  let kind = 0;
  const core = makeCore({
    ...{
      iss: GW,
      crypto,
      clock,
      store,
      signer,
      logSigner,
      logOrigin: ORIGIN,
      fhirBase: FHIR,
      enf: "gateway",
      onFault: fail,
    },
    directory,
    checkpointFile: checkpointFile(join(folder, "gateway", "checkpoint")),
    agents: AGENTS.map((sub, i) => makeAgent({ sub, name: `Agent ${String(i)}` })),
    facts: { gather: () => Promise.resolve(gathered(kind)) },
    policy: {
      evaluate: (input) =>
        askPolicy({ pools: [POOLS[kind % POOLS.length] ?? "cardiology"], hold_s: 0 }).evaluate(input),
    },
    templates: builtinTemplates,
  });
  const people = kept.people.map(({ key, cred }) => personOf(key, cred));
  const [supervisor, auditor, ...approvers] = people;
  if (!supervisor || !auditor) throw new Error("The bench's keys are not whole: remove its folder.");
  return {
    ...{
      folder,
      core,
      db,
      clock,
      gateway: signer,
      gatewayKey: kept.gateway,
      approvers,
      supervisor,
      auditor,
      directoryKey: directory.jwk,
    },
    async raise(which) {
      kind = which;
      const patient = `Patient/p-${String(which)}`;
      const operation = { ...makeDraft().operation, body: ORDER.replace("Patient/p-104", patient) };
      const task = { id: `task-${String(which)}-${String(clock.nowMs())}`, goal: "Restart anticoagulation" };
      const raised = await core.raise(makeDraft({ agent: AGENTS[which % AGENTS.length] ?? "", operation, task }));
      if (raised.kind !== "pending") throw new Error(JSON.stringify(raised));
      return raised.rid;
    },
    close: () => core.close(),
  };
}

export const ORIGIN = "gw.example/log";

function found(folder: string, clock: BenchClock): Kept {
  initDirectory(join(folder, "directory"), { iss: DIR, env: "demo" });
  const authority = openAuthority(join(folder, "directory"), { clock });
  const kept = { gateway: generateKey("ES256"), log: generateKey("Ed25519") };
  const [signer, logSigner] = [makeSigner(kept.gateway), makeSigner(kept.log)];
  authority.vouch({
    ...{ iss: GW, name: "Northgate", ws_endpoint: "ws://127.0.0.1:1/countersign/v1/feed", pools: [...POOLS] },
    jwks: { keys: [{ ...signer.jwk, kid: signer.kid, cs_use: ["request", "session"] }] },
    log: { origin: ORIGIN, vkey: makeVkey(crypto, ORIGIN, decodeBase64url(logSigner.jwk.x)) },
    templates: [],
  });
  const person = (name: string, pools: readonly string[], roles: readonly string[]) => {
    const key = generateKey("ES256");
    const now = clock.nowMs() / 1000;
    const { cred } = enrol(
      authority,
      authority.directory,
      { sub: PERSON(name), name, pools, roles },
      now,
      makeDevice("ES256", key),
    );
    return { key, cred };
  };
  const people = [
    person("supervisor", ["cardiology", "oncology"], ["supervisor"]),
    person("auditor", [], ["auditor"]),
    ...Array.from({ length: APPROVERS }, (_, i) =>
      person(`approver-${String(i)}`, [POOLS[i % POOLS.length] ?? ""], ["attending"]),
    ),
  ];
  authority.close();
  return { ...kept, people };
}

function gathered(kind: number) {
  const patient = {
    ...{ ref: `Patient/p-${String(kind)}`, name: `Ruth EXAMPLE-${String(kind)}`, birthDate: "1951-03-09" },
    ...{ mrn: `SYN-${String(kind)}`, sex: "female" },
  };
  const fact = { id: "f1", src: "ehr", sev: "high", code: "allergies", text: "None recorded", ack: true } as const;
  return { patient, facts: [fact], checks: [] };
}

function personOf(key: PrivateJwk, cred: string): BenchPerson {
  const claims = readStored("approver", cred);
  const device = makeDevice("ES256", key);
  const session = { sid: "bench", kid: device.signer.kid, sub: claims.sub, cred: claims, exp: claims.exp };
  return { key, device, cred, session };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { makeVkey } from "#shared/ledger/note.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { approverClaims, type ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { PolicyClaim } from "#shared/protocol/claims/request.ts";

import { checkpointFile } from "../../gateway/audit/checkpoint-file.ts";
import type { Core, Session } from "../../gateway/core.ts";
import type { Authority } from "../../gateway/directory/authority.ts";
import { initDirectory, openAuthority, openDirectory } from "../../gateway/directory/directory.ts";
import { makeCore, type CoreOptions } from "../../gateway/make-core.ts";
import type { Gathered, PolicyPort, RegisteredAgent, RequestDraft } from "../../gateway/ports.ts";
import { openSqliteStore } from "../../gateway/store/sqlite.ts";
import { crypto, enrol, type Device } from "./device.ts";
import { makeManualClock, type ManualClock } from "./manual-clock.ts";

export const DIR = "https://directory.example";
export const GW = "https://gw.example";
export const FHIR = "https://fhir.example/r4";
export const AGENT = "spiffe://hospital.example/agents/anticoag";
export const PATIENT = "Patient/p-104";

export const ORDER = JSON.stringify({
  resourceType: "MedicationRequest",
  status: "active",
  intent: "order",
  medicationCodeableConcept: { text: "warfarin 2.5 mg tablet" },
  subject: { reference: PATIENT },
  dosageInstruction: [{ text: "2.5 mg by mouth once daily" }],
  dispenseRequest: { numberOfRepeatsAllowed: 0 },
});

export const makeDraft = (over: Partial<RequestDraft> = {}): RequestDraft => ({
  agent: AGENT,
  operation: { method: "POST", url: `${FHIR}/MedicationRequest`, media: "application/fhir+json", body: ORDER },
  action: "order.create",
  scopes: ["patient/Observation.rs", "patient/MedicationRequest.rs"],
  rationale: { trigger: "policy_rule", text: "INR 1.4" },
  task: { id: "task-1", goal: "Restart anticoagulation" },
  initiator: { kind: "human", person: `${DIR}/approvers/requester` },
  ...over,
});

export const makeAgent = (over: Partial<RegisteredAgent> = {}): RegisteredAgent => ({
  sub: AGENT,
  name: "Anticoagulation assistant",
  model: "vendor/model@2026-05",
  owner: `${DIR}/approvers/agent-owner`,
  keys: [],
  actions: ["order.create"],
  ...over,
});

const GATHERED: Gathered = {
  patient: { ref: PATIENT, name: "Ruth EXAMPLE", birthDate: "1951-03-09", mrn: "SYN-104-77", sex: "female" },
  facts: [{ id: "f1", src: "ehr", sev: "high", code: "allergies", text: "None recorded", ack: true }],
  checks: [{ id: "dup", label: "Duplicate order", result: "not_run", by: "gateway", why: "no service" }],
};

const POLICY: PolicyClaim = {
  dig: "",
  id: "urn:policy:test",
  ver: 1,
  pools: ["cardiology"],
  acr: "urn:countersign:acr:uv",
  max_auth_age: 120,
  quorum: { need: 1 },
  sod: { exclude: [], distinct: true },
  reason_on: ["deny", "revoke"],
  offline: { approve: false },
  hold_s: 5,
};

export const askPolicy = (over: Partial<PolicyClaim> = {}, originCode = false): PolicyPort => ({
  evaluate: () => ({
    kind: "ask",
    policy: { ...POLICY, ...over },
    risk: "high",
    risk_reasons: [],
    reversible: "until-dispensed",
    reach: { patients: 1, leaves_org: false, standing: false },
    template: BUILTIN_TEMPLATES.medicationOrder,
    ttl_s: 900,
    grant_ttl_s: 300,
    origin_code: originCode,
  }),
});

export interface Person {
  readonly device: Device;
  readonly cred: string;
  readonly claims: ApproverClaims;
  readonly session: Session;
}

export interface World {
  readonly clock: ManualClock;
  core: Core;
  readonly now: () => number;
  readonly authority: ReturnType<typeof openAuthority>;
  /** What the directory vouches for. */
  readonly registration: Parameters<Authority["vouch"]>[0];
  readonly signer: Signer;
  readonly faults: unknown[];
  person(name: string, over?: { pools?: readonly string[]; roles?: readonly string[] }): Person;
  /** A second device of someone. */
  deviceOf(name: string): Person;
  /** Closes as a killed process would: nothing is flushed or told. Then opens the same folder again, as `between` left it. */
  reopen(over?: Partial<CoreOptions>, between?: (database: string) => void): Core;
  close(): void;
}

/** A whole gateway in a temporary folder: real database, real keys, a directory apart, time that stands still. */
export function makeWorld(over: Partial<CoreOptions> = {}, signer = makeSigner(generateKey("ES256"))): World {
  const folder = mkdtempSync(join(tmpdir(), "cs-world-"));
  const clock = makeManualClock();
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  initDirectory(join(folder, "directory"), { iss: DIR, env: "demo" });
  const authority = openAuthority(join(folder, "directory"), { clock });
  const logSigner = makeSigner(generateKey("Ed25519"));
  const logOrigin = "gw.example/log";
  const registration: World["registration"] = {
    iss: GW,
    name: "Northgate",
    ws_endpoint: "ws://127.0.0.1:1/countersign/v1/feed",
    jwks: { keys: [{ ...signer.jwk, kid: signer.kid, cs_use: ["request", "session"] }] },
    pools: ["cardiology", "oncology"],
    log: { origin: logOrigin, vkey: makeVkey(crypto, logOrigin, decodeBase64url(logSigner.jwk.x)) },
    templates: [],
  };
  authority.vouch(registration);
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  let options: Partial<CoreOptions> = over;
  let store = openSqliteStore(join(folder, "gateway", "gateway.sqlite"), { onFault });
  const open = (): Core => {
    const core = makeCore({
      ...{ iss: GW, crypto, clock, store, signer, logSigner, logOrigin, onFault, fhirBase: FHIR, enf: "gateway" },
      directory: openDirectory(join(folder, "directory"), { clock }),
      checkpointFile: checkpointFile(join(folder, "gateway", "checkpoint")),
      agents: [makeAgent()],
      facts: { gather: () => Promise.resolve(GATHERED) },
      policy: askPolicy(),
      ...options,
    });
    core.start();
    return core;
  };

  const world: World = {
    ...{ clock, now, authority, registration, signer, faults },
    core: open(),
    person(name, { pools = ["cardiology"], roles = ["attending"] } = {}) {
      const directory = authority.directory;
      const sub = `${DIR}/approvers/${name}`;
      const { device, cred } = enrol(authority, directory, { sub, name, pools, roles }, now());
      clock.advance(500);
      return personOf(device, cred);
    },
    deviceOf(name) {
      const sub = `${DIR}/approvers/${name}`;
      const known = authority.directory.records.approver(sub);
      if (!known) throw new Error(`${name} is not in the directory`);
      const { device, cred } = enrol(authority, authority.directory, known, now());
      clock.advance(500);
      return personOf(device, cred);
    },
    reopen(more = {}, between = () => undefined) {
      options = { ...options, ...more };
      store.close();
      clock.forget();
      between(join(folder, "gateway", "gateway.sqlite"));
      store = openSqliteStore(join(folder, "gateway", "gateway.sqlite"), { onFault });
      world.core = open();
      return world.core;
    },
    close() {
      void world.core.close();
      authority.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function personOf(device: Device, cred: string): Person {
    const claims = approverClaims.parse(JSON.parse(Buffer.from(cred.split(".")[1] ?? "", "base64url").toString()));
    const session = { sid: "s", kid: device.signer.kid, sub: claims.sub, cred: claims, exp: now() + 3600 };
    return { device, cred, claims, session };
  }
  return world;
}

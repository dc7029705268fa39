import { afterEach, describe, expect, it } from "vitest";

import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { gatewayClaims } from "#shared/protocol/claims/credential.ts";
import { acceptRequest } from "#shared/protocol/accept/accept.ts";
import { contentDigest, policyDigest, templateDigest } from "#shared/protocol/digest.ts";
import { gatewayKeys } from "#shared/protocol/verify/gateway-keys.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { doorPolicy } from "../agents/kit.ts";
import { crypto } from "../device.ts";
import { decide, raised } from "../signing.ts";
import {
  AGENT,
  askPolicy,
  DIR,
  FHIR,
  GW,
  makeAgent,
  makeDraft,
  makeWorld,
  ORDER,
  PATIENT,
  type World,
} from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const claimsOf = (rid: string) => readStored("request", world.core.store.currentRequest(rid)?.jws ?? "");
const code = async (act: Promise<unknown>): Promise<string> =>
  await act.then(
    (value) => JSON.stringify(value),
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
  );

describe("a signed request (protocol.md 3.5)", () => {
  const judged = (rid: string) => {
    const jws = world.core.store.currentRequest(rid)?.jws ?? "";
    const claims = readStored("gateway", world.core.credential);
    return acceptRequest({
      ...{ crypto, jws, now: world.now(), findHidden },
      gateway: { iss: GW, claims: gatewayClaims.parse(claims), ...gatewayKeys(crypto, claims) },
      me: { sub: `${DIR}/approvers/lee`, pools: ["cardiology"] },
      memory: {
        ...{ revision: () => undefined, latest: () => undefined, isForked: () => false, hasEnded: () => false },
        ...{ policyVersion: () => undefined, templateVersion: () => undefined },
      },
      templates: {
        builtin: (dig) => builtinTemplates.find((t) => templateDigest(crypto, t) === dig),
        fetched: () => undefined,
      },
    });
  };

  it("is accepted by a client, C1 to C14", async () => {
    world = makeWorld();
    expect(judged(await raised(world, makeDraft()))).toMatchObject({ kind: "accepted" });
  });

  it("is accepted by a client for a deletion too, whose body is empty", async () => {
    const text = JSON.stringify({ resourceType: "Condition", id: "c1", subject: { reference: PATIENT } });
    const gathered = {
      patient: { ref: PATIENT, name: "X" },
      facts: [],
      checks: [],
      before: { text, version: 'W/"3"' },
    };
    world = makeWorld({
      facts: { gather: () => Promise.resolve(gathered) },
      agents: [makeAgent({ actions: ["record.update"] })],
      policy: doorPolicy,
    });
    const operation = {
      method: "DELETE",
      url: `${FHIR}/Condition/c1`,
      media: "application/fhir+json",
      body: "",
    } as const;
    const { action: _order, scopes: _reads, ...draft } = makeDraft({ operation });
    expect(judged(await raised(world, draft))).toMatchObject({ kind: "accepted" });
  });

  it("binds exact bytes, addresses the pool, and lets only the reads be dropped", async () => {
    world = makeWorld();
    const claims = claimsOf(await raised(world, makeDraft()));
    const body_dig = contentDigest(crypto, ORDER);
    expect(claims.aud).toEqual([`${GW}/pools/cardiology`]);
    expect(claims.action.op).toMatchObject({ body: ORDER, body_dig, fhir: "4.0.1" });
    const [operation, ...reads] = claims.authorization_details;
    expect(operation).toMatchObject({
      ...{ id: "a1", required: true, locations: [FHIR], actions: ["create"], datatypes: ["MedicationRequest"] },
      ...{ patient: PATIENT, content_digest: body_dig, max_uses: 1, not_after: claims.grant_exp },
    });
    expect(reads.map((r) => [r.id, r.required, r["scopes"]])).toEqual([
      ["a2", undefined, ["patient/Observation.rs"]],
      ["a3", undefined, ["patient/MedicationRequest.rs"]],
    ]);
    expect([claims.exp - claims.iat, claims.submit_by]).toEqual([900, claims.exp]);
    expect(claims.nonce.length).toBeGreaterThanOrEqual(22);
  });

  it("takes name, model and owner from the registry, marks agent text, and names every asker in sod.exclude", async () => {
    world = makeWorld({ agents: [makeAgent({ obo: `${DIR}/approvers/obo` })] });
    const claims = claimsOf(await raised(world, makeDraft()));
    expect(claims.agent).toEqual({
      ...{ sub: AGENT, name: "Anticoagulation assistant", model: "vendor/model@2026-05" },
      ...{ owner: `${DIR}/approvers/agent-owner`, obo: `${DIR}/approvers/obo` },
    });
    expect(claims.rationale).toMatchObject({ src: "agent", trust: "untrusted", text: "INR 1.4" });
    expect(claims.policy.sod.exclude).toEqual(
      ["agent-owner", "obo", "requester"].map((name) => `${DIR}/approvers/${name}`),
    );
    expect(claims.policy.dig).toBe(policyDigest(crypto, claims.policy));
  });

  it("shows and binds the version that the record has now", async () => {
    const before = { text: '{"resourceType":"MedicationRequest","id":"m1"}', version: 'W/"3"' };
    const gathered = { patient: { ref: PATIENT, name: "X" }, facts: [], checks: [], before };
    world = makeWorld({
      facts: { gather: () => Promise.resolve(gathered) },
      agents: [makeAgent({ actions: ["order.modify"] })],
    });
    const operation = {
      method: "PUT",
      url: `${FHIR}/MedicationRequest/m1`,
      media: "application/fhir+json",
      body: ORDER,
      if_match: 'W/"2"',
    } as const;
    const claims = claimsOf(await raised(world, makeDraft({ operation, action: "order.modify" })));
    expect(claims.action.op).toMatchObject({
      if_match: 'W/"3"',
      before: before.text,
      before_dig: contentDigest(crypto, before.text),
    });
    expect(claims.authorization_details[0]).toMatchObject({ actions: ["update"], if_match: 'W/"3"' });
  });

  it("turns every contradiction into something that must be overridden", async () => {
    const conflict = { id: "c1", src: "gateway", sev: "high", code: "conflict", text: "weight", ack: true } as const;
    const gathered = { patient: { ref: PATIENT, name: "X" }, facts: [conflict], checks: [] };
    world = makeWorld({ facts: { gather: () => Promise.resolve(gathered) } });
    expect(claimsOf(await raised(world, makeDraft())).facts).toEqual([{ ...conflict, override: true }]);
  });

  it("has a code for the agent's console only where policy wants it typed", async () => {
    world = makeWorld();
    expect(await world.core.raise(makeDraft())).not.toHaveProperty("binding_message");
    world.close();
    world = makeWorld({ policy: askPolicy({ reentry: ["origin-code"] }, true) });
    const answer = await world.core.raise(makeDraft());
    expect(answer).toMatchObject({
      binding_message: expect.stringMatching(/^[2-9A-HJKMNP-Z]{3}-[2-9A-HJKMNP-Z]{3}$/) as unknown,
    });
    expect(claimsOf((answer as { rid: string }).rid).binding_message).toBe(
      (answer as { binding_message?: string }).binding_message,
    );
  });

  it("chains the steps of a task with their outcome and title, under one txn", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const first = await raised(world, makeDraft());
    decide(world, lee, first, "deny");
    const claims = claimsOf(await raised(world, makeDraft()));
    expect(claims.task).toMatchObject({ id: "task-1", idx: 2, goal: "Restart anticoagulation" });
    expect(claims.task.prev).toEqual([
      { rid: first, out: "denied", title: "order create: MedicationRequest warfarin 2.5 mg tablet" },
    ]);
    expect(claims.txn).toBe(claimsOf(first).txn);
    expect(claimsOf(await raised(world, makeDraft({ task: { id: "task-2", goal: "x" } }))).txn).not.toBe(claims.txn);
  });

  it("says how often the same was asked and denied, whoever asks and however", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    decide(world, lee, await raised(world, makeDraft()), "deny");
    const at = world.now();
    await raised(world, makeDraft({ task: { id: "other", goal: "" }, scopes: [] }));
    expect(claimsOf(await raised(world, makeDraft())).history).toEqual({ asked: 2, denied: 1, last_denied_at: at });
    const other = { ...makeDraft().operation, body: ORDER.replace("2.5 mg by", "3 mg by") };
    expect(claimsOf(await raised(world, makeDraft({ operation: other }))).history).toEqual({ asked: 0, denied: 0 });
  });

  it("never stays open longer than policy and a day allow", async () => {
    world = makeWorld();
    const life = async (expires_in: number) => {
      const { exp, iat } = claimsOf(await raised(world, makeDraft({ expires_in })));
      return exp - iat;
    };
    expect([await life(60), await life(999_999)]).toEqual([60, 900]);
  });
});

describe("what is not asked", () => {
  it("answers an agent that is not registered, or not for this", async () => {
    world = makeWorld();
    expect(await world.core.raise(makeDraft({ agent: "spiffe://nobody" }))).toMatchObject({
      kind: "refused",
      code: "E_AGENT_UNKNOWN",
    });
    expect(await world.core.raise(makeDraft({ action: "data.release" }))).toMatchObject({
      kind: "refused",
      code: "E_AGENT_ACTION",
    });
    expect(world.core.store.requestsIn(["open"])).toEqual([]);
  });

  it("does what policy says without a person", async () => {
    world = makeWorld({ policy: { evaluate: () => ({ kind: "refuse", code: "E_POL_REFUSED", reason: "no" }) } });
    expect(await world.core.raise(makeDraft())).toEqual({ kind: "refused", code: "E_POL_REFUSED", reason: "no" });
    world.reopen({ policy: { evaluate: () => ({ kind: "allow", rule: "r1" }) } });
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "allowed" });
    expect(world.core.store.requestsIn(["open"])).toEqual([]);
  });

  it("refuses a scope that a task may not ask for, and text nobody could read", async () => {
    world = makeWorld();
    expect(await code(world.core.raise(makeDraft({ scopes: ["system/Patient.rs"] })))).toBe("E_AUZ_SCOPE");
    const trigger = "novelty";
    expect(await code(world.core.raise(makeDraft({ rationale: { trigger, text: "\ud800" } })))).toBe("E_OP_BODY");
    const long = "x".repeat(200_000);
    expect(await code(world.core.raise(makeDraft({ operation: { ...makeDraft().operation, body: long } })))).toBe(
      "E_FMT_SIZE",
    );
    expect(world.core.store.logSize()).toBe(1);
  });

  it("cuts an agent's long words, never a character in two", async () => {
    world = makeWorld();
    const claims = claimsOf(
      await raised(world, makeDraft({ rationale: { trigger: "novelty", text: "🩺".repeat(900) } })),
    );
    expect(claims.rationale?.text.length).toBeLessThanOrEqual(1000);
    expect(claims.rationale?.text.isWellFormed()).toBe(true);
  });
});

describe("idempotency", () => {
  it("gives one request for one key, also to retries that come at once and after a restart", async () => {
    world = makeWorld();
    const draft = makeDraft({ idempotency_key: "k1" });
    const answers = await Promise.all([world.core.raise(draft), world.core.raise(draft), world.core.raise(draft)]);
    const again = await world.reopen().raise(draft);
    expect(new Set([...answers, again].map((a) => (a.kind === "pending" ? a.rid : a.kind))).size).toBe(1);
    expect(world.core.store.requestsIn(["open"])).toHaveLength(1);
  });

  it("refuses the key for another operation, and keeps keys of agents apart", async () => {
    world = makeWorld({ agents: [makeAgent(), makeAgent({ sub: "spiffe://hospital.example/agents/two" })] });
    const one = await raised(world, makeDraft({ idempotency_key: "k1" }));
    expect(await code(world.core.raise(makeDraft({ idempotency_key: "k1", scopes: [] })))).toBe("E_IDEMPOTENCY");
    const two = await raised(
      world,
      makeDraft({ idempotency_key: "k1", agent: "spiffe://hospital.example/agents/two" }),
    );
    expect(two).not.toBe(one);
  });
});

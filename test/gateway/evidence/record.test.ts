import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { AuditEvent, Provenance } from "#shared/fhir/resources.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { partsOf } from "../../../gateway/evidence/parts.ts";
import { evidenceSender } from "../../../gateway/evidence/send.ts";
import { writeEvidence, type EvidenceWriter } from "../../../gateway/evidence/writer.ts";
import { FHIR_JSON, orderBody, seed, startDoorKit, type DoorKit } from "../agents/kit.ts";
import { crypto } from "../device.ts";
import { decide } from "../signing.ts";

describe("evidence in a FHIR server", () => {
  let accepts = true;
  let fhir: FhirServer;
  let kit: DoorKit;
  let writer: EvidenceWriter;
  beforeEach(async () => {
    accepts = true;
    const isEvidence = /^\/(?:AuditEvent|Provenance)/;
    fhir = await startFhirServer({
      ...{ port: 0, seed },
      authorize: ({ path }) => (accepts || !isEvidence.test(path) ? undefined : "no evidence here"),
    });
    kit = await startDoorKit(fhir);
    const { core, clock, authority, faults } = kit.world;
    writer = writeEvidence({
      ...{ store: core.store, events: core.events, iss: core.iss, crypto, clock },
      logger: { info: () => undefined, warn: () => undefined, error: (...told) => void faults.push(told) },
      send: evidenceSender({ baseUrl: fhir.baseUrl, ids: "client" }),
      parts: (leaf) =>
        partsOf(
          {
            ...{ gateway: { iss: core.iss, name: "Northgate" }, logOrigin: "gw.example/log", fhirBase: fhir.baseUrl },
            store: core.store,
            approver: (kid) => authority.directory.view.key(kid)?.claims,
            agent: () => undefined,
          },
          leaf,
        ),
    });
  });
  afterEach(async () => {
    await writer.close();
    await kit.close();
    await fhir.close();
  });

  const kept = async <T extends AuditEvent | Provenance>(type: T["resourceType"]): Promise<readonly T[]> => {
    kit.world.core.events.emit("checkpoint");
    await writer.idle();
    const bundle = (await (await fetch(`${fhir.baseUrl}/${type}?_count=100`)).json()) as { entry?: { resource: T }[] };
    return (bundle.entry ?? []).map(({ resource }) => resource);
  };
  const ask = async (): Promise<string> => {
    const response = await kit.call("POST", "/fhir/MedicationRequest", { body: orderBody(), headers: FHIR_JSON });
    expect(response.status).toBe(202);
    return response.headers.get("location")!.split("/").at(-1)!;
  };

  it("holds, after an approved order, the decision, the execution and the order's provenance with the decision in it", async () => {
    const rid = await ask();
    const lee = kit.world.person("lee");
    decide(kit.world, lee, rid, "approve", { reentry: ["identity"] });
    await kit.carryOut();
    const { jws } = kit.world.core.store.decisions(rid, 1)[0]!;
    const [made] = await kept<Provenance>("Provenance");
    const order = made!.target[0]!.reference!;
    expect(order).toMatch(/^MedicationRequest\//);
    expect(Buffer.from(made!.signature[0]!.data, "base64").toString()).toBe(jws);
    expect(made!.agent.map(({ who }) => who.identifier?.value)).toEqual([
      "urn:agent:reconciliation",
      "https://directory.example/approvers/lee",
    ]);
    const audits = await kept<AuditEvent>("AuditEvent");
    expect(audits.map(({ subtype, outcome, outcomeDesc }) => [subtype[0]?.code, outcome, outcomeDesc]).sort()).toEqual([
      ["AuthZ-Role", "0", "permit"],
      ["create", "0", undefined],
    ]);
    const token = kit.world.core.store.tokensOf(rid).at(-1)!.jti;
    const execution = audits.find(({ subtype }) => subtype[0]?.code === "create")!;
    expect(JSON.stringify(execution.agent)).toContain(`urn:ietf:params:oauth:jti:${token}`);
    expect(execution.entity.map(({ what }) => what?.reference)).toEqual(["Patient/p", order, undefined]);
    expect(kit.world.faults).toEqual([]);
  });

  it("holds a denial, which changes nothing else", async () => {
    const rid = await ask();
    decide(kit.world, kit.world.person("lee"), rid, "deny");
    expect(await kept<Provenance>("Provenance")).toEqual([]);
    expect((await kept<AuditEvent>("AuditEvent")).map(({ outcomeDesc }) => outcomeDesc)).toEqual([
      "deny: wrong-patient",
    ]);
  });

  it("holds every read that an agent was allowed", async () => {
    await kit.call("GET", "/fhir/Observation/w");
    await kit.call("GET", "/fhir/Observation?patient=p");
    const audits = await kept<AuditEvent>("AuditEvent");
    expect(audits.map(({ subtype, action }) => [subtype[0]?.code, action]).sort()).toEqual([
      ["read", "R"],
      ["search", "E"],
    ]);
    for (const { entity } of audits) expect(entity[0]?.what?.reference).toBe("Patient/p");
  });

  it("never undoes or holds up an order when the server refuses evidence, and gives it later", async () => {
    accepts = false;
    const rid = await ask();
    decide(kit.world, kit.world.person("lee"), rid, "approve", { reentry: ["identity"] });
    await kit.carryOut();
    expect(await kept("AuditEvent")).toEqual([]);
    expect(kit.world.core.status(rid)?.state).toBe("completed");
    expect(kit.world.core.store.evidenceRefused(10).map(({ type, status }) => [type, status])).toEqual([
      ["AuditEvent", 403],
      ["Provenance", 403],
      ["AuditEvent", 403],
    ]);
    expect(kit.world.faults).toHaveLength(3);
    kit.world.faults.splice(0);
    accepts = true;
    kit.world.clock.advance(3_600_000);
    await writer.idle();
    expect([(await kept("AuditEvent")).length, (await kept("Provenance")).length]).toEqual([2, 1]);
    expect(kit.world.core.store.evidenceRefused(10)).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import type { AccessRecord } from "../../../gateway/agents/access-log.ts";
import { crypto } from "../device.ts";
import { AGENT_SUB, codeOf, seed, startDoorKit, type DoorKit } from "./kit.ts";

describe("an agent's read at the interception door", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  beforeEach(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    kit = await startDoorKit(fhir);
  });
  afterEach(async () => {
    await kit.close();
    await fhir.close();
  });

  /** Records behind the `access` entries, each checked against the digest in the log. */
  const accesses = (): readonly AccessRecord[] =>
    kit.world.core.store
      .leavesFrom(0, 100)
      .filter(({ type }) => type === "access")
      .map(({ obj }) => {
        const { text } = kit.world.core.store.published(obj)!;
        expect(dig(crypto, text)).toBe(obj);
        return JSON.parse(text) as AccessRecord;
      });

  it.each([
    ["/fhir/Observation/w", "Observation/w", "Patient/p"],
    ["/fhir/Patient/p", "Patient/p", "Patient/p"],
    ["/fhir/Observation?patient=p&code=29463-7", "Observation?patient=p&code=29463-7", "Patient/p"],
    ["/fhir/Observation?subject=Patient/p", "Observation?subject=Patient/p", "Patient/p"],
  ])("is in the log with whom it is about: %s", async (path, target, patient) => {
    expect((await kit.call("GET", path)).status).toBe(200);
    expect(accesses()).toMatchObject([{ agent: AGENT_SUB, target, patient }]);
  });

  it("keeps whom it is about out of the log itself", async () => {
    await kit.call("GET", "/fhir/Observation?patient=p");
    for (const { entry } of kit.world.core.store.leavesFrom(0, 100)) expect(entry).not.toMatch(/Observation|Patient/);
  });

  it("is no access when policy refuses it, and none of a stranger", async () => {
    expect((await kit.call("GET", "/fhir/MedicationRequest?patient=p")).status).toBe(403);
    expect((await kit.call("GET", "/fhir/Observation/w", { as: kit.other })).status).toBe(401);
    expect(accesses()).toEqual([]);
  });

  it("is refused while a supervisor has paused the agent", async () => {
    kit.world.core.store.write((tx) => tx.pause("agent", AGENT_SUB, kit.world.now()));
    const response = await kit.call("GET", "/fhir/Observation/w");
    expect([response.status, await codeOf(response)]).toEqual([403, "E_AGENT_PAUSED"]);
    expect(accesses()).toEqual([]);
  });

  it("gives nothing that it could not log", async () => {
    const { store } = kit.world.core;
    const write = store.write.bind(store);
    store.write = () => {
      throw new CountersignError("E_STORE_FULL");
    };
    const response = await kit.call("GET", "/fhir/Observation/w");
    store.write = write;
    const text = await response.text();
    expect([response.status, text.includes("E_STORE_FULL"), text.includes("29463-7")]).toEqual([503, true, false]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { context, FHIR_JSON, orderBody, policyFiles, seed, startDoorKit, type DoorKit } from "./kit.ts";

/** Peers' attack 21: an agent that widens its own policy (openclaw 137365). */
describe("an agent cannot reach policy", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    kit = await startDoorKit(fhir);
  }, 60_000);
  afterAll(async () => {
    await kit.close();
    await fhir.close();
  });
  const published = () => kit.world.core.store.lastPublished("policy-set");
  const set = (): string =>
    makeSigner(generateKey("ES256")).sign(TYP.policySet, { ver: 1, id: "urn:x", version: 99, files: policyFiles });

  it.each([
    "/policy",
    "/countersign/v1/policy",
    "/countersign/v1/policies",
    "/countersign/v1/requests/policy",
    "/countersign/v1/tasks/policy",
  ])("at %s, by no method", async (path) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await kit.call(method, path, { body: method === "DELETE" ? "" : set() });
      expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    expect(published()).toBeUndefined();
  });

  it("by no member of what it says beside its operation", async () => {
    for (const member of ["policy", "budgets", "tier", "pools", "permissions", "environment"]) {
      const headers = { ...FHIR_JSON, ...context({ [member]: "low" }) };
      expect((await kit.call("POST", "/fhir/MedicationRequest", { body: orderBody(), headers })).status, member).toBe(
        400,
      );
    }
    expect(kit.world.core.store.requestsIn(["open"])).toEqual([]);
  });
});

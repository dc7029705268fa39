import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

import { generateKey, publicOf } from "#shared/crypto/sign.ts";

import { startFhirServer, type FhirServer } from "../../demo/fhir/server.ts";
import { record } from "../../demo/record/record.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
// Inside the package: only there does its own name resolve to it.
mkdirSync(path.join(ROOT, "test-results"), { recursive: true });
const folder = mkdtempSync(path.join(ROOT, "test-results/readme-"));
let fhir: FhirServer;

beforeAll(async () => {
  fhir = await startFhirServer({ port: 0, seed: [...record] as never });
});
afterAll(async () => {
  await fhir.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the reader has at hand: an agent's name and key, and one order. Nobody decides here: the order is withdrawn. */
function programOf(example: string): string {
  const order = {
    resourceType: "MedicationRequest",
    status: "active",
    intent: "order",
    subject: { reference: "Patient/evans-gareth" },
    medicationCodeableConcept: { text: "amlodipine 5 MG Oral Tablet" },
    dosageInstruction: [{ text: "5 mg by mouth once a day" }],
  };
  const given = {
    sub: "spiffe://hospital.example/agents/medrec",
    keys: [publicOf(generateKey("ES256"))],
    url: `${fhir.baseUrl}/MedicationRequest`,
    media: "application/fhir+json; fhirVersion=4.0",
    body: JSON.stringify(order),
  };
  return `
    const { sub, keys, url, media, body } = ${JSON.stringify(given)};
    let made;
    const watch = setInterval(() => {
      const [open] = made?.core.store.requestsIn(["open"]) ?? [];
      if (open === undefined) return;
      clearInterval(watch);
      made.withdraw(open.rid);
    }, 20);
    ${example
      .replace("./gateway-data", path.join(folder, "data"))
      .replace("https://fhir.hospital.example/r4", fhir.baseUrl)
      .replace("const raised", "made = gateway;\nconst raised")}
    await gateway.close();
  `;
}

it("the ten lines of the README raise a request and tell its end", async () => {
  const example = /```ts\n([^]*?)```/.exec(readFileSync(path.join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  expect(example.trim().split("\n").length).toBeLessThanOrEqual(12);
  const file = path.join(folder, "example.ts");
  writeFileSync(file, programOf(example));
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: ROOT });
  expect(stdout).toContain("withdrawn");
});

import { describe, expect, it } from "vitest";

import type { RegisteredAgent } from "../../../gateway/ports.ts";
import { readRecord } from "../../../gateway/agents/reads.ts";

const BASE = "https://fhir.hospital.example/r4";

const agent = { sub: "spiffe://hospital.example/agents/a" } as RegisteredAgent;

/** Where a read goes, or the code it is refused with. */
async function goesTo(target: string): Promise<string> {
  let asked = "";
  try {
    await readRecord(agent, target, new AbortController().signal, {
      policy: { read: () => ({ kind: "allow", rule: "r" }) },
      fhirBase: BASE,
      note: () => undefined,
      isPaused: () => false,
      fetch: (input) => {
        // As the platform's own fetch reads it.
        asked = new URL(input instanceof Request ? input.url : input).href;
        return Promise.resolve(new Response("{}", { headers: { "content-type": "application/fhir+json" } }));
      },
    });
  } catch (fault) {
    return (fault as { code: string }).code;
  }
  return asked;
}

describe("an agent reads about one patient, whoever reads the address", () => {
  it("what passes is asked for as it was judged", async () => {
    expect(await goesTo("Observation?patient=p-1&code=29463-7")).toBe(`${BASE}/Observation?patient=p-1&code=29463-7`);
    expect(await goesTo("Observation/o.1")).toBe(`${BASE}/Observation/o.1`);
  });
  it.each([
    ["a patient behind a fragment, which is never sent", "Observation?code=29463-7#&patient=p-1"],
    ["a patient alone behind a fragment", "Observation?_count=9#&patient=p-1"],
    ["a line end, which is taken out", "Observation?patient=p-1&code=1\n2"],
    ["a tab in a name", "Observation?patient=p-1&pa\ttient=p-2"],
    ["the folder above", "Observation/.."],
    ["the folder itself", "Observation/."],
    ["a backslash", "Observation?patient=p-1\\..\\Patient"],
  ])("refused: %s", async (_what, target) => {
    expect(await goesTo(target)).toBe("E_POL_REFUSED");
  });
});

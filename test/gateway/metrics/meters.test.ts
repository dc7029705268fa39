import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LABEL_VALUES, makeMeters, type Meters } from "../../../gateway/metrics/meters.ts";
import { readExposition, valuesOf } from "./exposition.ts";

const text = async (meters: Meters): Promise<string> => (await meters.expose()).text;

/** Says the same word everywhere where a caller can say one. */
function sayEverywhere(meters: Meters, word: string): void {
  const any = word as never;
  meters.message(word);
  meters.refused(any, word);
  meters.moved(any, any);
  meters.decided(word, any, { waitedS: 1, tier: any });
  meters.executed(any);
  meters.fault(word);
}

describe("labels", () => {
  it("take no value outside the registry, whatever a client or an agent says", async () => {
    const known: Readonly<Record<string, readonly string[]>> = LABEL_VALUES;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.string({ unit: "binary" }),
            fc.constantFrom("__proto__", "constructor", "toString", "le", "", 'a"} 1\nb{c="', "Ruth EXAMPLE"),
            fc.constantFrom(...Object.values(known).flat()),
          ),
          { minLength: 20, maxLength: 60 },
        ),
        async (words) => {
          const meters = makeMeters();
          for (const word of words) sayEverywhere(meters, word);
          const own = readExposition(await text(meters)).filter(({ name }) => name.startsWith("countersign_"));
          for (const { labels } of own) {
            for (const [label, value] of Object.entries(labels)) {
              if (label !== "le") expect([...(known[label] ?? []), "other"]).toContain(value);
            }
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  it("count an unknown word as other, and however many words there are make one series", async () => {
    const meters = makeMeters();
    for (let i = 0; i < 1000; i++) meters.message(`x-${String(i)}`);
    meters.message("ping");
    expect(valuesOf(await text(meters), "countersign_messages_total")).toEqual({ "type=other": 1000, "type=ping": 1 });
  });
});

describe("figures", () => {
  it("are counted under their names, with help and type, and are valid for Prometheus", async () => {
    const meters = makeMeters();
    meters.watch({
      sockets: () => 3,
      logEntries: () => 41,
      isClockDoubted: () => true,
      auditing: () => ({ done: 1, of: 4 }),
      auditedAt: () => 1_790_000_000,
    });
    meters.refused("agent", "E_RATE");
    meters.moved("open", "high");
    meters.decided("approve", "approved", { waitedS: 20, tier: "high" });
    meters.decided("revoke", "revoked", { waitedS: 25, tier: "high" });
    meters.committed(0.002);
    meters.executed("unknown");
    meters.fault("core.fault");
    const { media, text: said } = await meters.expose();
    expect(media).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(valuesOf(said, "countersign_sockets")).toEqual({ "": 3 });
    expect(valuesOf(said, "countersign_log_entries")).toEqual({ "": 41 });
    expect(valuesOf(said, "countersign_refusals_total")).toEqual({ "door=agent,code=E_RATE": 1 });
    expect(valuesOf(said, "countersign_request_transitions_total")).toEqual({ "state=open,tier=high": 1 });
    expect(valuesOf(said, "countersign_decisions_total")).toEqual({
      "decision=approve,outcome=approved": 1,
      "decision=revoke,outcome=revoked": 1,
    });
    expect(valuesOf(said, "countersign_executions_total")).toMatchObject({ "result=done": 0, "result=unknown": 1 });
    expect(valuesOf(said, "countersign_faults_total")).toMatchObject({ "event=core.fault": 1, "event=ws.fault": 0 });
    expect(valuesOf(said, "countersign_decision_commit_seconds_count")).toEqual({ "": 1 });
    // A revocation is not an answer that anybody waited for.
    expect(valuesOf(said, "countersign_decision_wait_seconds_count")).toEqual({ "tier=high": 1 });
    expect(valuesOf(said, "countersign_decision_wait_seconds_bucket")).toMatchObject({
      "le=15,tier=high": 0,
      "le=30,tier=high": 1,
    });
    expect(valuesOf(said, "process_start_time_seconds")[""]).toBeGreaterThan(0);
  });

  it("of two gateways in one process are apart", async () => {
    const [one, other] = [makeMeters(), makeMeters()];
    one.message("ping");
    expect(valuesOf(await text(other), "countersign_messages_total")).toEqual({});
  });
});

import { describe, expect, it } from "vitest";

import { jsonLogger } from "../../../gateway/cli/json-logger.ts";
import { manualClock } from "../transport/manual-clock.ts";

function logger(least?: string) {
  const lines: string[] = [];
  return { lines, log: jsonLogger((line) => void lines.push(line), manualClock(), least) };
}

describe("the gateway's log", () => {
  it("is one JSON object a line, whatever a field holds", () => {
    const { lines, log } = logger();
    log.warn("ws.refused", { status: 403, code: "E_ORIGIN\n\r\u2028{}", closed: true });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\n\r]/);
    expect(JSON.parse(lines[0]!)).toEqual({
      ...{ ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string, level: "warn", event: "ws.refused" },
      ...{ status: 403, code: "E_ORIGIN\n\r\u2028{}", closed: true },
    });
  });

  it("says when, how grave and what itself: no field takes their place", () => {
    const { lines, log } = logger();
    log.error("core.fault", { event: "all.well", level: "info", ts: "never", error: "TypeError" });
    expect(Object.keys(JSON.parse(lines[0]!) as object)).toEqual(["ts", "level", "event", "error"]);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: "error", event: "core.fault" });
  });

  it.each(["debug", "WARN", "", "warn "])("says that %j is no level, and leaves nothing out", (least) => {
    const { lines, log } = logger(least);
    log.info("ws.close", { code: 1000 });
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: "warn", event: "log.level", taken: "info", known: "info warn error" },
      { event: "ws.close" },
    ]);
  });

  it("keeps to the level that was asked for", () => {
    const { lines, log } = logger("warn");
    log.info("ws.close", { code: 1000 });
    log.warn("ws.refused");
    log.error("ws.fault");
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["ws.refused", "ws.fault"]);
  });
});

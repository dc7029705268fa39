import { describe, expect, it } from "vitest";

import { makeGateway } from "../../../renderer/bridge/fake/snapshot.ts";
import { NOW, minutes } from "../../../renderer/bridge/fake/time.ts";
import { areAllLive, freshness } from "../../../renderer/queue/freshness.ts";

const ELMWOOD = { iss: "https://gateway.elmwood.example", name: "Elmwood" };
const offline = { kind: "offline", since: NOW - minutes(12), retry_at: NOW } as const;
const of = (...gateways: Parameters<typeof freshness>[0]) => freshness(gateways, () => NOW, "Europe/London");

describe("how fresh the list is", () => {
  it("is one sentence where there is one gateway", () => {
    expect(of(makeGateway())).toEqual(["As of 14:32 GMT"]);
    const away = makeGateway({ connection: offline, last_message_at: NOW - minutes(12) });
    expect(of(away)).toEqual(["As of 14:20 GMT. Not connected."]);
    expect([areAllLive([makeGateway()]), areAllLive([away]), areAllLive([])]).toEqual([true, false, false]);
  });

  it("is said of each gateway by its name where there are several", () => {
    const away = makeGateway({ ...ELMWOOD, connection: offline, last_message_at: NOW - minutes(12) });
    expect(of(makeGateway(), away)).toEqual([
      "Northgate Hospital: Connected",
      "Elmwood: Not connected, as of 14:20 GMT",
    ]);
    const { last_message_at: _, ...unopened } = makeGateway({
      ...ELMWOOD,
      connection: { kind: "unopened", code: "E_CLI_JOURNAL" },
    });
    expect(of(unopened, makeGateway())).toEqual(["Elmwood: Not opened", "Northgate Hospital: Connected"]);
    expect(areAllLive([makeGateway(), away])).toBe(false);
  });
});

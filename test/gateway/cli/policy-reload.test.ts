import { readFileSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { openGateway } from "../../../gateway/cli/open-gateway.ts";
import { hospital } from "./policy-hospital.ts";

describe("a set that is published while the gateway serves", () => {
  async function serving() {
    const place = await hospital();
    place.setVersion(2);
    await place.init();
    await place.publish();
    const told: string[] = [];
    const say = (event: string, fields: object = {}): void => void told.push(`${event} ${JSON.stringify(fields)}`);
    const { assembled } = await openGateway(place.data, {
      ...{ clock: place.clock, wsEndpoint: "ws://127.0.0.1:1/x" },
      logger: { info: () => undefined, warn: say, error: say },
    });
    const { store } = assembled.core;
    const leaves = (): number => store.leavesFrom(0, 99).filter(({ type }) => type === "policy-published").length;
    const about = (): readonly string[] => told.filter((line) => line.startsWith("policy."));
    return { ...place, leaves, about, close: () => assembled.close(), pass: () => place.clock.advance(2000) };
  }

  it("serves within seconds, with its entry in the log and without a restart", async () => {
    const { setVersion, publish, pass, leaves, about, close } = await serving();
    pass();
    expect([leaves(), about()]).toEqual([1, []]);
    setVersion(3);
    await publish();
    pass();
    pass();
    expect([leaves(), about()]).toEqual([2, [`policy.reloaded {"id":"urn:hospital:policy","version":3}`]]);
    await close();
  });

  it("never serves when it is older, changed, not signed or gone: the one before goes on and people are told", async () => {
    const { setVersion, publish, file, pass, leaves, about, close } = await serving();
    const older = readFileSync(file, "utf8");
    setVersion(3);
    await publish();
    pass();
    const good = readFileSync(file, "utf8");
    writeFileSync(file, older);
    pass();
    writeFileSync(file, `${good.trim().slice(0, -8)}AAAAAAAA`);
    pass();
    writeFileSync(file, "not a set at all");
    pass();
    rmSync(file);
    pass();
    const refused = about().slice(1);
    expect([leaves(), refused]).toEqual([
      2,
      ["E_POL_OLDER", "E_POL_UNSIGNED", "E_POL_UNSIGNED", "E_POL_UNSIGNED"].map(
        (c) => `policy.refused {"code":"${c}"}`,
      ),
    ]);
    writeFileSync(file, good);
    pass();
    expect([leaves(), about().length]).toEqual([2, 5]);
    await close();
  });
});

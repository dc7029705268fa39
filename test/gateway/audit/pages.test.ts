import { afterEach, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Store } from "../../../gateway/store/store.ts";
import { started, type Started } from "./started.ts";

/** When the pages of the store's file are looked at, and by whom (docs/decisions/0018). */

const opened: Started[] = [];
afterEach(() => {
  for (const { world } of opened.splice(0)) world.close();
});

async function hospital(count?: number): Promise<Started> {
  const made = await started(count);
  opened.push(made);
  return made;
}

const HOUR_MS = 3600 * 1000;
const MINUTE_MS = 60_000;

describe("the pages of a large file", () => {
  it("are looked at beside serving, and before it only where nobody did for a week", async () => {
    const place = await hospital();
    await place.begin();
    const looks: string[] = [];
    const store = (): Store => ({
      ...place.world.core.store,
      checkPages: () => void looks.push("before"),
      checkPagesBeside: () => {
        looks.push("beside");
        return Promise.resolve("sound");
      },
    });
    const begun = await place.begin({ store: store(), fewBytes: 0 });
    expect([begun.pagesDue, looks]).toEqual([true, []]);
    const beside = place.beside(begun, store());
    place.world.clock.advance(MINUTE_MS);
    expect(looks.splice(0)).toEqual(["beside"]);
    beside.close();
    place.world.clock.advance(8 * 24 * HOUR_MS);
    const { pagesDue } = await place.begin({ store: store(), fewBytes: 0 });
    expect([pagesDue, looks]).toEqual([false, ["beside"]]);
  });

  it("are looked at before serving where the last look is said to be of a time that has not come", async () => {
    const place = await hospital();
    await place.begin();
    let looks = 0;
    const store: Store = {
      ...place.world.core.store,
      checkPagesBeside: () => Promise.resolve(++looks > 0 ? "sound" : "unsure"),
    };
    const yesterday = Math.floor(place.world.clock.nowMs() / 1000) - 24 * 3600;
    const { pagesDue } = await place.begin({ store, fewBytes: 0, now: () => yesterday });
    expect([pagesDue, looks]).toEqual([false, 1]);
  });

  it("that are damaged stop everything, once this process has seen it as well", async () => {
    const place = await hospital();
    await place.begin();
    const { store } = place.world.core;
    const damaged: Store = {
      ...store,
      checkPagesBeside: () => Promise.resolve("damaged"),
      checkPages() {
        throw new CountersignError("E_STORE_CORRUPT");
      },
    };
    const beside = place.beside(await place.begin({ store: damaged, fewBytes: 0 }), damaged);
    place.world.clock.advance(10);
    await expect.poll(() => store.fault()?.code).toBe("E_STORE_CORRUPT");
    expect(place.told.filter((line) => line.includes('"step":"pages"'))).toHaveLength(1);
    beside.close();
    place.world.reopen();
  });
});

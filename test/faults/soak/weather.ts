import { setTimeout as rest } from "node:timers/promises";

import type { Proxy } from "../../chaos/proxy.ts";
import type { Dice } from "../../fuzz/mutate.ts";

const FAIR = { latencyMs: 0, jitterMs: 0, sliceBytes: 0, bytesPerSecond: Infinity };
const SPELL_MS = 3_000;

/** One spell of bad weather between the workstations and their gateway, and fair weather after it. */
export async function spell(proxy: Proxy, dice: Dice): Promise<string> {
  const kind = dice.of(["fin", "rst", "late", "pieces", "slow", "half-open", "mid-frame"] as const);
  switch (kind) {
    case "fin":
    case "rst":
      proxy.cut(kind);
      break;
    case "late":
      proxy.weather({ latencyMs: 200, jitterMs: 200 });
      break;
    case "pieces":
      proxy.weather({ sliceBytes: 1_000 });
      break;
    case "slow":
      proxy.weather({ bytesPerSecond: 64_000 });
      break;
    case "half-open":
      proxy.freeze([dice.of(["up", "down"] as const)]);
      break;
    case "mid-frame":
      void proxy.cutAfter("rst", dice.of(["up", "down"] as const), 1 + dice.pick(2_000));
      break;
    default:
      kind satisfies never;
  }
  await rest(SPELL_MS);
  proxy.weather(FAIR);
  if (kind === "half-open") proxy.thaw();
  return kind;
}

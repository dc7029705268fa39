import { describe, expect, test, vi } from "vitest";
import { parseKeybinding } from "tinykeys";

import { KEY_MAP, pattern } from "../../../renderer/keys/map.ts";
import { handlerOf } from "../../../renderer/keys/scopes.ts";
import type { Handlers, Level, Scope } from "../../../renderer/keys/scopes.ts";

const scope = (level: Level, handlers: Handlers): Scope => ({ level, handlers: () => handlers });

describe("who answers a key", () => {
  test("the screen before the app, the sheet before the screen, whatever the order of mounting", () => {
    const app = vi.fn();
    const screen = vi.fn();
    const sheet = vi.fn();
    const scopes = [
      scope("sheet", { escape: sheet }),
      scope("screen", { escape: screen }),
      scope("app", { escape: app }),
    ];
    expect(handlerOf(scopes, "escape")).toBe(sheet);
    expect(handlerOf(scopes.slice(1), "escape")).toBe(screen);
  });

  test("behind a sheet nothing of the screen or the app acts, but help, lock and F6 do", () => {
    const scopes = [
      scope("app", { go_queue: vi.fn(), lock: vi.fn(), help: vi.fn(), next_region: vi.fn() }),
      scope("screen", { approve: vi.fn(), deny: vi.fn() }),
      scope("sheet", { escape: vi.fn() }),
    ];
    expect(handlerOf(scopes, "approve")).toBeUndefined();
    expect(handlerOf(scopes, "deny")).toBeUndefined();
    expect(handlerOf(scopes, "go_queue")).toBeUndefined();
    expect(handlerOf(scopes, "lock")).toBeDefined();
    expect(handlerOf(scopes, "help")).toBeDefined();
    expect(handlerOf(scopes, "next_region")).toBeDefined();
  });

  test("a screen that leaves gives its keys back", () => {
    expect(handlerOf([], "deny")).toBeUndefined();
  });
});

describe("key map", () => {
  test("no key signs (P6, AC20)", () => {
    expect(KEY_MAP.map((binding) => binding.command).filter((command) => /sign/.test(command))).toEqual([]);
  });

  test("Enter and Space are bound to nothing", () => {
    expect(KEY_MAP.filter((binding) => /enter|space|^ $/i.test(binding.keys))).toEqual([]);
  });

  test("no two bindings share their keys", () => {
    expect(new Set(KEY_MAP.map((binding) => binding.keys)).size).toBe(KEY_MAP.length);
  });

  test.each(KEY_MAP.map((binding) => [binding.keys, binding] as const))(
    "%s is one that tinykeys reads",
    (keys, binding) => {
      const presses = parseKeybinding(pattern(binding));
      expect(presses).toHaveLength(keys.split(" ").length);
      for (const [, , key] of presses) expect(key).toBeTruthy();
    },
  );
});

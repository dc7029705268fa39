import type { Command } from "./map.ts";

export type Handlers = { readonly [Name in Command]?: () => void };

/**
 * Who answers a key. `app` is below everything, `screen` is the one drawn, `sheet` is modal: below it only what `app`
 * marks as always answers (help, lock, F6).
 */
export type Level = "app" | "screen" | "sheet" | "help";

export interface Scope {
  readonly level: Level;
  readonly handlers: () => Handlers;
}

const ORDER: readonly Level[] = ["help", "sheet", "screen", "app"];
const MODAL: ReadonlySet<Level> = new Set(["sheet", "help"]);
const ALWAYS: ReadonlySet<Command> = new Set(["help", "lock", "next_region", "previous_region"]);

/** The handler of a command among the scopes that are mounted, or undefined where it means nothing. */
export function handlerOf(scopes: readonly Scope[], command: Command): (() => void) | undefined {
  let isBehindModal = false;
  for (const level of ORDER) {
    const here = scopes.filter((scope) => scope.level === level);
    if (!isBehindModal || (level === "app" && ALWAYS.has(command))) {
      for (const scope of here.toReversed()) {
        const handler = scope.handlers()[command];
        if (handler !== undefined) return handler;
      }
    }
    isBehindModal ||= MODAL.has(level) && here.length > 0;
  }
  return undefined;
}

import { createContext, useContext, useEffect, useMemo, useRef } from "react";
import type { ReactElement, ReactNode } from "react";
import { tinykeys } from "tinykeys";

import { isTypingTarget, mayAct } from "./gating.ts";
import type { KeyFacts } from "./gating.ts";
import { KEY_MAP, pattern } from "./map.ts";
import type { Command } from "./map.ts";
import { handlerOf } from "./scopes.ts";
import type { Handlers, Level, Scope } from "./scopes.ts";

interface KeyDesk {
  readonly register: (scope: Scope) => () => void;
  /** False where the command means nothing as things stand. */
  readonly run: (command: Command) => boolean;
}

const KeysContext = createContext<KeyDesk>({ register: () => () => undefined, run: () => false });

interface Props {
  readonly areSingleKeysOn: boolean;
  readonly children: ReactNode;
}

/** The one listener for keys of the page. */
export function Keys({ areSingleKeysOn, children }: Props): ReactElement {
  const scopes = useRef<readonly Scope[]>([]);
  useEffect(() => {
    // Each with a matcher of its own: in one map, a sequence that is complete leaves the others that began with the same
    // key half read, so that what follows at once is taken for their end or for nothing.
    const stops = KEY_MAP.map((binding) => {
      const act = (event: KeyboardEvent): void => {
        if (mayAct(binding.kind, factsOf(event), areSingleKeysOn) !== "act") return;
        const handler = handlerOf(scopes.current, binding.command);
        if (handler === undefined) return;
        event.preventDefault();
        handler();
      };
      return tinykeys(window, { [pattern(binding)]: act }, { ignore: () => false });
    });
    return () => {
      for (const stop of stops) stop();
    };
  }, [areSingleKeysOn]);

  const desk = useMemo<KeyDesk>(
    () => ({
      register: (scope) => {
        scopes.current = [...scopes.current, scope];
        return () => {
          scopes.current = scopes.current.filter((held) => held !== scope);
        };
      },
      run: (command) => {
        const handler = handlerOf(scopes.current, command);
        handler?.();
        return handler !== undefined;
      },
    }),
    [],
  );
  return <KeysContext value={desk}>{children}</KeysContext>;
}

/** Answers keys at a level while the component is mounted. */
export function useKeys(level: Level, handlers: Handlers): void {
  const { register } = useContext(KeysContext);
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => register({ level, handlers: () => latest.current }), [register, level]);
}

/** Runs a command as its key would. For the palette, whose own type says which commands it may have. */
export const useCommands = (): ((command: Command) => boolean) => useContext(KeysContext).run;

function factsOf(event: KeyboardEvent): KeyFacts {
  const { target } = event;
  return {
    isRepeat: event.repeat,
    isComposing: event.isComposing,
    isTyping: target instanceof HTMLElement && isTypingTarget(describe(target)),
    hasModifier: event.ctrlKey || event.metaKey || event.altKey,
  };
}

function describe(element: HTMLElement): { tagName: string; type?: string; isContentEditable: boolean } {
  const { tagName, isContentEditable } = element;
  return element instanceof HTMLInputElement
    ? { tagName, isContentEditable, type: element.type }
    : { tagName, isContentEditable };
}

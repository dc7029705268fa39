import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";

/** Where the focus was before each surface that is open: the newest place first. */
const places = new WeakMap<Element, readonly Element[]>();

/**
 * Gives the focus back to where it was when the surface with this ref goes away. Where that was a surface too, and is
 * gone, because this one took its place, the focus goes to where it was before that one.
 */
export function useReturnedFocus<E extends HTMLElement>(): RefObject<E | null> {
  const surface = useRef<E>(null);
  const [before] = useState(() => {
    const active = document.activeElement;
    const under = active?.closest("[role='dialog']");
    return [active, ...((under && places.get(under)) ?? [])].filter((element) => element instanceof HTMLElement);
  });
  useEffect(() => {
    if (surface.current !== null) places.set(surface.current, before);
    return () => {
      // The screen behind is still inert while this effect ends: focus it once it is not.
      queueMicrotask(() => {
        before.find((element) => element.isConnected)?.focus();
      });
    };
  }, [before]);
  return surface;
}

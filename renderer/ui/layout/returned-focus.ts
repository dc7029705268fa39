import { useEffect, useState } from "react";

/** Gives the focus back to where it was when what is mounted now goes away. */
export function useReturnedFocus(): void {
  const [element] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // The screen behind is still inert while this effect ends: focus it once it is not.
      queueMicrotask(() => {
        if (element instanceof HTMLElement && element.isConnected) element.focus();
      });
    },
    [element],
  );
}

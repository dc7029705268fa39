import { useEffect } from "react";

import { useSnapshot } from "../state/context.ts";
import { words } from "../words/en-gb.ts";

/** The window's title: the screen's fixed name, never a patient or an agent (approval-experience.md 8). */
export function useTitle(title: string): void {
  const { mode } = useSnapshot();
  useEffect(() => {
    document.title = mode === "demo" ? words.shell.demoTitle(title) : title;
  }, [mode, title]);
}

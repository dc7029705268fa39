import { useEffect } from "react";

import { useIsDemo } from "../state/mode.ts";
import { words } from "../words/en-gb.ts";

/** The window's title: the screen's fixed name, never a patient or an agent (approval-experience.md 8). */
export function useTitle(title: string): void {
  const isDemo = useIsDemo();
  useEffect(() => {
    document.title = isDemo ? words.shell.demoTitle(title) : title;
  }, [isDemo, title]);
}

import type { Scheme } from "../ui/theme/tokens.ts";

/** `#queue;theme=dark;live;demo`: which state, and how it is looked at. Text size is the zoom of the window. */
export interface Address {
  readonly id: string;
  readonly theme: "system" | Scheme;
  /** The clock runs and the fake answers in time. */
  readonly isLive: boolean;
  /** As the demonstration shows it. */
  readonly isDemo: boolean;
}

const THEMES = ["system", "light", "dark", "high-contrast"] as const;

export function parseAddress(hash: string): Address {
  const [id = "", ...parts] = decodeURIComponent(hash.replace(/^#/, "")).split(";");
  const value = (name: string): string | undefined =>
    parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
  return {
    id,
    theme: THEMES.find((theme) => theme === value("theme")) ?? "light",
    isLive: parts.includes("live"),
    isDemo: parts.includes("demo"),
  };
}

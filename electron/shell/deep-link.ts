/**
 * Reads `countersign://r/<rid>`: an opaque id and nothing else; every other part of the link is ignored
 * (approval-experience.md 6). A link only opens a review; it can never carry a choice.
 */
export function parseDeepLink(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.protocol !== "countersign:" || url.host !== "r") return undefined;
  const rid = url.pathname.slice(1);
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(rid) ? rid : undefined;
}

/** The first deep link among a process's arguments. */
export const deepLinkIn = (argv: readonly string[]): string | undefined =>
  argv.map(parseDeepLink).find((rid) => rid !== undefined);

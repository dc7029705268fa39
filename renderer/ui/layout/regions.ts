/** F6 order (approval-experience.md 9): strips, banner or bar, body, decision bar. Elements carry `data-region`. */
export function nextRegion(names: readonly string[], current: string | undefined, step: 1 | -1): string | undefined {
  if (names.length === 0) return undefined;
  const at = current === undefined ? -1 : names.indexOf(current);
  if (at === -1) return step === 1 ? names[0] : names.at(-1);
  return names[(at + step + names.length) % names.length];
}

/** Moves the focus to the next region of the page that is drawn and not inert. */
export function cycleRegion(root: ParentNode, active: Element | null, step: 1 | -1): void {
  const regions = Array.from(root.querySelectorAll<HTMLElement>("[data-region]")).filter(
    (element) => element.closest("[inert]") === null && element.childElementCount > 0,
  );
  const names = regions.map((element) => element.dataset["region"] ?? "");
  const current = active?.closest<HTMLElement>("[data-region]")?.dataset["region"];
  const name = nextRegion(names, current, step);
  regions.find((element) => element.dataset["region"] === name)?.focus();
}

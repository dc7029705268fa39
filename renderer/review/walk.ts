/** The fields `[` and `]` step through: what has not been seen, else the changes; from where the focus is. */
export function stepField(root: ParentNode, unseen: ReadonlySet<string>, step: 1 | -1): HTMLElement | undefined {
  const fields = Array.from(root.querySelectorAll<HTMLElement>("[data-seen-id]"));
  const wanted = fields.filter((field) => unseen.has(field.dataset["seenId"] ?? ""));
  const targets = wanted.length > 0 ? wanted : fields.filter((field) => field.dataset["change"] !== undefined);
  const active = document.activeElement;
  const isAfter = (field: HTMLElement): boolean =>
    active !== null && (active.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const isBefore = (field: HTMLElement): boolean =>
    active !== null && (active.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  return step === 1 ? (targets.find(isAfter) ?? targets[0]) : (targets.findLast(isBefore) ?? targets.at(-1));
}

/** Brings a field into view at the top of its container and focuses it. */
export function goTo(field: HTMLElement | null | undefined): void {
  field?.scrollIntoView({ block: "center" });
  field?.focus({ preventScroll: true });
}

/** Between the headings and what has the focus, so that its ring is seen whole. */
const AIR_PX = 8;

/**
 * Scrolls so far that `target` lies below `head` and above the end of what scrolls: `scrollIntoView` counts headings that
 * stay in sight as room (WCAG 2.4.11).
 */
export function keepClearOfHead(target: Element, head: Element): void {
  const scroller = scrollerOf(target);
  if (scroller === null || head.contains(target)) return;
  const [box, above, room] = [target, head, scroller].map((element) => element.getBoundingClientRect());
  if (box === undefined || above === undefined || room === undefined) return;
  const [tooHigh, tooLow] = [above.bottom + AIR_PX - box.top, box.bottom + AIR_PX - room.bottom];
  if (tooHigh > 0) scroller.scrollTop -= tooHigh;
  else if (tooLow > 0) scroller.scrollTop += tooLow;
}

function scrollerOf(element: Element): Element | null {
  const parent = element.parentElement;
  if (parent === null) return null;
  const { overflowY } = getComputedStyle(parent);
  const isScroller = (overflowY === "auto" || overflowY === "scroll") && parent.scrollHeight > parent.clientHeight;
  return isScroller ? parent : scrollerOf(parent);
}

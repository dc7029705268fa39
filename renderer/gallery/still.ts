/** As many frames without a change as what is seen needs to tell the app of it, and the app to answer. */
const STILL_FRAMES = 3;
/** A grid measures itself again 60 ms after it found how wide it is. */
const STILL_FRAMES_OF_A_GRID = 6;
/** A window that nobody looks at is drawn rarely: then frames are counted by time. */
const LONGEST_FRAME_MS = 100;

/** Something that ends: a fade, not a turning wheel. */
const isMoving = (): boolean =>
  document
    .getAnimations()
    .some(({ playState, effect }) => playState === "running" && effect?.getComputedTiming().endTime !== Infinity);

/** The code of some screens is read when they are first gone to. */
const isComing = (): boolean =>
  document.querySelector("[data-prov]") === null || document.querySelector("[data-coming]") !== null;

/** Calls `then` once the page has drawn itself: it is there, and for some frames nothing in it changed or moved. Returns what ends the wait. */
export function whenStill(then: () => void): () => void {
  let frames = 0;
  const changes = new MutationObserver(() => {
    frames = 0;
  });
  changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  let cancel = nextFrame(look);
  function look(): void {
    frames = isComing() || isMoving() ? 0 : frames + 1;
    const wanted = document.querySelector("[role=grid]") === null ? STILL_FRAMES : STILL_FRAMES_OF_A_GRID;
    if (frames <= wanted) {
      cancel = nextFrame(look);
      return;
    }
    changes.disconnect();
    then();
  }
  return () => {
    changes.disconnect();
    cancel();
  };
}

function nextFrame(then: () => void): () => void {
  const end = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const go = (): void => {
    end();
    then();
  };
  const frame = requestAnimationFrame(go);
  const timer = setTimeout(go, LONGEST_FRAME_MS);
  return end;
}

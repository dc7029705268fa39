import { expect } from "vitest";

/**
 * Moves a clock step by step until `isSo`, with some real milliseconds between the steps: sockets and signatures need them.
 * By turns of the event loop alone, hours would pass on that clock while a busy machine makes one signature.
 */
export async function passUntil(
  clock: { advance(ms: number): void },
  stepMs: number,
  isSo: () => boolean,
): Promise<void> {
  const step = (): boolean => {
    if (!isSo()) clock.advance(stepMs);
    return isSo();
  };
  await expect.poll(step, { interval: 20 }).toBe(true);
}

import process from "node:process";

const QUIET_MS = 1000;
const REPEAT_MS = 10_000;

/**
 * Does one step of a command. A step that is over at once says nothing; a longer one says what it is doing, for how long,
 * and when it is done.
 * @template T
 * @param {string} title what is being done, as "Installing packages"
 * @param {() => Promise<T>} work
 * @param {{ write?: (text: string) => void, isTerminal?: boolean, nowMs?: () => number }} [io] for tests
 * @returns {Promise<T>}
 */
export async function step(title, work, io = {}) {
  const write = io.write ?? ((text) => void process.stdout.write(text));
  const isTerminal = io.isTerminal ?? process.stdout.isTTY;
  const nowMs = io.nowMs ?? (() => performance.now());
  const startedMs = nowMs();
  const seconds = () => ((nowMs() - startedMs) / 1000).toFixed(1);
  const shown = { times: 0 };
  const say = () => {
    write(isTerminal ? `\r… ${title} (${seconds()} s) ` : `… ${title}${shown.times > 0 ? ` (${seconds()} s)` : ""}\n`);
    shown.times += 1;
  };
  /** @type {NodeJS.Timeout | undefined} */
  let repeat;
  const first = setTimeout(() => {
    say();
    repeat = setInterval(say, isTerminal ? 1000 : REPEAT_MS);
  }, QUIET_MS);
  try {
    const result = await work();
    if (shown.times > 0) write(`${isTerminal ? "\r" : ""}✓ ${title} (${seconds()} s)\n`);
    return result;
  } catch (error) {
    if (shown.times > 0 && isTerminal) write("\n");
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(repeat);
  }
}

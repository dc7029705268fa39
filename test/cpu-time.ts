import process from "node:process";

const TURNS = 5;

/**
 * CPU time of this thread for `act` in milliseconds: waiting for a core that others use is not counted, and the least of
 * some turns is taken where one is above `enough`, because a collection or a compilation may fall into one. For what would
 * take a multiple if its work were not bounded: where steps can be counted, count them (`reads.ts`).
 */
export function cpuMs(act: () => void, enough: number): number {
  let least = Infinity;
  for (let turn = 0; turn < TURNS && least > enough; turn++) {
    const from = process.threadCpuUsage();
    act();
    const { user, system } = process.threadCpuUsage(from);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

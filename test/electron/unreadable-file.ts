import { rename, symlink } from "node:fs/promises";
import path from "node:path";

import { onTestFinished } from "vitest";

import { makeTemporaryFolder } from "./temporary-folder.ts";

/**
 * Takes a file out of reach, as a permission or a failing disk does, also from a test that runs as root: its name leads in a
 * circle (ELOOP). Returns what mends it.
 */
export async function outOfReach(file: string): Promise<() => Promise<void>> {
  const away = path.join(await makeTemporaryFolder(), "away");
  await rename(file, away);
  await symlink(file, file);
  let isMended = false;
  const mend = async (): Promise<void> => {
    if (!isMended) await rename(away, file);
    isMended = true;
  };
  onTestFinished(mend);
  return mend;
}

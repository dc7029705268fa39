import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** A disk of `size` bytes, in memory, mounted at a folder; undefined where the account or the system does not allow it. */
export function smallDisk(folder: string, size: number): { unmount(): void } | undefined {
  if (process.platform !== "linux") return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const options = `size=${String(size)},mode=700`;
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  return status === 0 ? { unmount: () => void spawnSync("umount", [folder]) } : undefined;
}

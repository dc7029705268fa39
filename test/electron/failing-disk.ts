import { open, type FileHandle } from "node:fs/promises";
import { readlinkSync } from "node:fs";

import { onTestFinished } from "vitest";

type Files = Pick<FileHandle, "sync" | "datasync" | "truncate" | "write">;

const fault = (code: string): Error => Object.assign(new Error(code), { code });
export const ioError = (): Error => fault("EIO");

/** Where a handle leads: the file's path as the kernel has it. Linux alone. */
export const pathOf = (handle: FileHandle): string => readlinkSync(`/proc/self/fd/${String(handle.fd)}`);

/**
 * A disk that fails where a test says. What the product does with a file goes through one prototype, whatever imported it,
 * so nothing of the product is made for this. Undone when the test has finished.
 */
export async function failingDisk(
  change: (real: Files) => { readonly [C in keyof Files]?: (this: FileHandle, ...args: never[]) => unknown },
): Promise<void> {
  const any = await open("/dev/null");

  const files = Object.getPrototypeOf(any) as Files;
  await any.close();
  const { sync, datasync, truncate, write } = files;
  const real = { sync, datasync, truncate, write };
  onTestFinished(() => {
    Object.assign(files, real);
  });
  Object.assign(files, change(real));
}

import type { ElectronApplication } from "@playwright/test";

/** A place in main's writing of a decision: room for it is made and synced first, then it is signed, written and synced. */
export type Fault = "full" | "dies before the decision is synced";

/**
 * The next decision meets this fault of the disk. What main does with a file goes through one prototype, whatever imported
 * it, so nothing of the product is made for this.
 */
export async function failDisk(app: ElectronApplication, fault: Fault): Promise<void> {
  await app.evaluate(async (_electron, what) => {
    const { open } = process.getBuiltinModule("node:fs/promises");
    const any = await open("/dev/null");

    const files = Object.getPrototypeOf(any) as typeof any;
    await any.close();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- both called with their own handle
    const { sync, writeFile } = files;
    let syncs = 0;
    if (what === "full") {
      files.writeFile = () => {
        files.writeFile = writeFile;
        return Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
      };
      return;
    }
    files.sync = function (this: typeof any) {
      syncs++;
      if (syncs === 2) process.kill(process.pid, "SIGKILL");
      return sync.call(this);
    };
  }, fault);
}

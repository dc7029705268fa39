import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeDeb } from "../../scripts/deb.mjs";
import { packApp, packageVersion } from "../../scripts/package.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "countersign-deb-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.runIf(process.platform === "linux" && hasProgram("dpkg-deb"))(
  "the Debian package unpacks to an app that its desktop entry and its command both find",
  async () => {
    const unpacked = await packApp({ output: folder, targets: ["dir"] });
    const file = await makeDeb({ unpacked, output: folder, version: packageVersion() });
    const tree = path.join(folder, "tree");
    execFileSync("dpkg-deb", ["--extract", file, tree]);
    expect(statSync(path.join(tree, "opt/Countersign/countersign")).mode & 0o111).not.toBe(0);
    expect(execFileSync("readlink", [path.join(tree, "usr/bin/countersign")], { encoding: "utf8" })).toBe(
      "/opt/Countersign/countersign\n",
    );
    const listing = execFileSync("dpkg-deb", ["--contents", file], { encoding: "utf8" });
    expect(listing).toMatch(/usr\/share\/applications\/countersign\.desktop/);
    expect(listing).not.toMatch(/default_app\.asar/);
    expect(listing.split("\n").filter((line) => line !== "" && !/ root\/root /.test(line))).toEqual([]);
  },
);

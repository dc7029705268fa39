import { expect, test } from "vitest";
import { controlFile, debianVersion } from "../../scripts/deb.mjs";

test("a trial version sorts before the release in Debian's order", () => {
  expect(debianVersion("0.1.0-dev")).toBe("0.1.0~dev");
  expect(debianVersion("0.1.0")).toBe("0.1.0");
});

test("the control file names version and size, and ends with a newline as dpkg demands", () => {
  const control = controlFile("0.1.0-dev", 265_000);
  expect(control).toMatch(/^Version: 0\.1\.0~dev$/m);
  expect(control).toMatch(/^Installed-Size: 265000$/m);
  expect(control.endsWith("\n")).toBe(true);
  expect(control).not.toContain("\n\n");
});

import { describe, expect, test } from "vitest";
import { missingParts, packageNames, SYSTEM_PARTS } from "../../scripts/setup/system-parts.mjs";

const LIBRARIES = `1234 libs found in cache \`/etc/ld.so.cache'
\tlibgtk-3.so.0 (libc6,x86-64) => /lib/x86_64-linux-gnu/libgtk-3.so.0
\tlibnss3.so (libc6,x86-64) => /lib/x86_64-linux-gnu/libnss3.so
`;
const library = (name: string) => ({ kind: "library" as const, name, debian: name });

describe("system parts", () => {
  test("a library counts as there when the loader's cache names exactly it", () => {
    const parts = ["libgtk-3.so.0", "libgtk-3.so", "libnss3.so", "libnss.so"].map(library);
    const missing = missingParts(parts, { libraries: LIBRARIES, hasProgram: () => true, hasFont: () => true });
    expect(missing.map((part) => part.name)).toEqual(["libgtk-3.so", "libnss.so"]);
  });

  test("on a bare machine every part is missing", () => {
    const missing = missingParts(SYSTEM_PARTS, { libraries: "", hasProgram: () => false, hasFont: () => false });
    expect(missing).toEqual([...SYSTEM_PARTS]);
  });

  test("a person with a display needs no virtual one", () => {
    const programs = SYSTEM_PARTS.filter((part) => part.kind === "program");
    expect(programs.every((part) => part.only === "virtual display")).toBe(true);
  });

  test("a package renamed for 64-bit time is asked for by its new name, and only where the old one is gone", () => {
    expect(packageNames(["libgtk-3-0", "libnss3"], "libgtk-3-0t64\nlibnss3\nlibnss3t64\n")).toEqual([
      "libgtk-3-0t64",
      "libnss3",
    ]);
    expect(packageNames(["libgtk-3-0"], "libgtk-3-0\n")).toEqual(["libgtk-3-0"]);
    expect(packageNames(["unknown"], "")).toEqual(["unknown"]);
  });
});
